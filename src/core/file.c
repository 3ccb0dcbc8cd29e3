#define _DEFAULT_SOURCE /* flock */
#include "respite/core.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DEFAULT_LIMIT = 256 << 20 };

static rsp_status read_stream(FILE *f, const char *path, size_t limit,
                              char **data, size_t *length, rsp_error *err)
{
    char *buffer = NULL;
    size_t capacity = 0, used = 0;
    for (;;) {
        if (!RSP_GROW(&buffer, &capacity, used + 65536)) {
            free(buffer);
            return rsp_fail(err, RSP_NOMEM, "no memory to read %s", path);
        }
        size_t n = fread(buffer + used, 1, capacity - used - 1, f);
        used += n;
        if (used > limit) {
            free(buffer);
            return rsp_fail(err, RSP_DATA, "%s: larger than %zu bytes", path,
                            limit);
        }
        if (n == 0) {
            break;
        }
    }
    if (ferror(f)) {
        int e = errno;
        free(buffer);
        return rsp_fail(err, RSP_NOFILE, "cannot read %s: %s", path,
                        strerror(e));
    }
    buffer[used] = '\0';
    *data = buffer;
    *length = used;
    return RSP_OK;
}

rsp_status rsp_file_read_bytes(const char *path, size_t limit, char **data,
                               size_t *length, rsp_error *err)
{
    struct stat st;
    if (stat(path, &st) == 0 && S_ISDIR(st.st_mode)) {
        return rsp_fail(err, RSP_NOFILE, "%s is a directory", path);
    }
    FILE *f = fopen(path, "rb");
    if (!f) {
        return rsp_fail(err, RSP_NOFILE, "cannot open %s: %s", path,
                        strerror(errno));
    }
    rsp_status s = read_stream(f, path, limit ? limit : (size_t)DEFAULT_LIMIT,
                               data, length, err);
    fclose(f);
    return s;
}

rsp_status rsp_file_read(const char *path, size_t limit, char **data,
                         size_t *length, rsp_error *err)
{
    char *text = NULL;
    size_t n = 0;
    rsp_status s = rsp_file_read_bytes(path, limit, &text, &n, err);
    if (s == RSP_OK && memchr(text, '\0', n)) {
        free(text);
        return rsp_fail(err, RSP_DATA,
                        "%s: not a text file (it holds a zero byte; UTF-8 is "
                        "expected)",
                        path);
    }
    if (s == RSP_OK) {
        *data = text;
        *length = n;
    }
    return s;
}

rsp_status rsp_file_write(const char *path, const char *data, size_t length,
                          rsp_error *err)
{
    rsp_text part = {0};
    rsp_text_printf(&part, "%s.part", path);
    if (part.failed) {
        rsp_text_fini(&part);
        return rsp_fail(err, RSP_NOMEM, "no memory to write %s", path);
    }
    remove(part.data); /* of a run that was killed, or a link to elsewhere */
    FILE *f = fopen(part.data, "wb");
    bool ok = f != NULL;
    if (f) {
        ok = fwrite(data, 1, length, f) == length && fflush(f) == 0 &&
             fsync(fileno(f)) == 0;
        int e = errno;
        ok = fclose(f) == 0 && ok;
        errno = ok ? 0 : (e ? e : EIO);
    }
    ok = ok && rename(part.data, path) == 0;
    rsp_status s = RSP_OK;
    if (!ok) {
        s = rsp_fail(err, RSP_WRITE, "cannot write %s: %s", path,
                     strerror(errno));
        remove(part.data);
    }
    rsp_text_fini(&part);
    return s;
}

static bool make_one(const char *path)
{
    struct stat st;
    if (mkdir(path, 0777) == 0) {
        return true;
    }
    int e = errno;
    if (stat(path, &st) == 0) {
        errno = ENOTDIR;
        return S_ISDIR(st.st_mode);
    }
    errno = e;
    return false;
}

rsp_status rsp_file_mkdir(const char *path, rsp_error *err)
{
    rsp_text copy = {0};
    rsp_text_add(&copy, path);
    if (copy.failed) {
        return rsp_fail(err, RSP_NOMEM, "no memory to make %s", path);
    }
    bool ok = copy.length > 0;
    for (char *p = copy.data + 1; ok && copy.length > 1 && *p; p++) {
        if (*p == '/') {
            *p = '\0';
            ok = make_one(copy.data);
            *p = ok ? '/' : '\0'; /* the message names the folder that is in the way */
        }
    }
    ok = ok && make_one(copy.data);
    rsp_status s = ok ? RSP_OK
                      : rsp_fail(err, RSP_WRITE, "cannot make directory %s: %s",
                                 copy.length ? copy.data : "''", strerror(errno));
    rsp_text_fini(&copy);
    return s;
}

rsp_status rsp_file_hold(const char *dir, int *hold, rsp_error *err)
{
    *hold = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (*hold < 0 || flock(*hold, LOCK_EX | LOCK_NB) == 0) {
        return RSP_OK;
    }
    bool busy = errno == EWOULDBLOCK;
    close(*hold);
    *hold = -1;
    return busy ? rsp_fail(err, RSP_WRITE,
                           "another run is writing into %s; wait for it, or give --out DIR",
                           dir)
                : RSP_OK;
}

void rsp_file_release(int hold)
{
    if (hold >= 0) {
        close(hold);
    }
}
