/* Compiling a program where it runs: its C text and the headers that this needs
 * (built in) go into a private directory, the system's compiler makes a shared
 * object of them, and nothing stays behind once that is loaded. */
#define _POSIX_C_SOURCE 200809L
#include "respite/program.h"

#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "model/compiled.h"
#include "model/shipped.h"
#include "respite/num.h"

extern char **environ;

struct rsp_shared {
    void *handle;
    const rsp_compiled *code;
};

typedef struct workplace {
    char dir[256];
    char path[400]; /* of the file at hand */
} workplace;

enum { MOST_WORDS = 48 };

static const char *in(workplace *w, const char *name)
{
    (void)snprintf(w->path, sizeof w->path, "%s/%s", w->dir, name);
    return w->path;
}

static rsp_status workplace_new(workplace *w, rsp_error *err)
{
    const char *parent = getenv("TMPDIR");
    int n = snprintf(w->dir, sizeof w->dir, "%s/respite-XXXXXX",
                     parent && *parent ? parent : "/tmp");
    if (n < 0 || (size_t)n >= sizeof w->dir || !mkdtemp(w->dir)) {
        w->dir[0] = '\0';
        return rsp_fail(err, RSP_WRITE,
                        "--compile needs a directory for its files, and none can be made "
                        "in %.200s: set TMPDIR to one that can be written",
                        parent && *parent ? parent : "/tmp");
    }
    return RSP_OK;
}

static const char *const folders[] = {"model", "num", "respite"};
enum { N_FOLDERS = sizeof folders / sizeof *folders };

static void workplace_end(workplace *w)
{
    if (!w->dir[0]) {
        return;
    }
    for (size_t i = 0; i < built_in_header_count; i++) {
        (void)unlink(in(w, built_in_headers[i].name));
    }
    static const char *const files[] = {"model.c", "model.so", "errors"};
    for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
        (void)unlink(in(w, files[i]));
    }
    for (size_t i = 0; i < N_FOLDERS; i++) {
        (void)rmdir(in(w, folders[i]));
    }
    (void)rmdir(w->dir);
}

static rsp_status write_headers(workplace *w, rsp_error *err)
{
    for (size_t i = 0; i < N_FOLDERS; i++) {
        if (mkdir(in(w, folders[i]), 0700) != 0) {
            return rsp_fail(err, RSP_WRITE, "%s cannot be made: %s", w->path, strerror(errno));
        }
    }
    rsp_status status = RSP_OK;
    for (size_t i = 0; i < built_in_header_count && status == RSP_OK; i++) {
        const shipped_text *h = &built_in_headers[i];
        status = rsp_file_write(in(w, h->name), h->text, strlen(h->text), err);
    }
    return status;
}

static rsp_status write_text(workplace *w, const rsp_program *program, rsp_error *err)
{
    FILE *out = fopen(in(w, "model.c"), "w");
    if (!out) {
        return rsp_fail(err, RSP_WRITE, "%s cannot be written: %s", w->path, strerror(errno));
    }
    rsp_status status = rsp_program_emit(program, "user", out, err);
    if (fclose(out) != 0 && status == RSP_OK) {
        status = rsp_fail(err, RSP_WRITE, "%s cannot be written", w->path);
    }
    return status;
}

/* ---- The compiler. */

typedef struct command {
    char text[1024];
    const char *word[MOST_WORDS + 1];
    size_t n;
} command;

static void add(command *c, const char *word)
{
    if (c->n < MOST_WORDS) {
        c->word[c->n++] = word;
        c->word[c->n] = NULL;
    }
}

/* $CC may be several words: "ccache gcc". */
static void add_compiler(command *c)
{
    const char *cc = getenv("CC");
    (void)snprintf(c->text, sizeof c->text, "%s", cc && *cc ? cc : "cc");
    char *save = NULL;
    for (char *w = strtok_r(c->text, " ", &save); w && c->n < 16; w = strtok_r(NULL, " ", &save)) {
        add(c, w);
    }
    if (c->n == 0) {
        add(c, "cc");
    }
}

/* Those of the build that decide bits, and the instruction set in use. */
static void add_flags(command *c)
{
    static const char *const flags[] = {
        "-std=c17", "-O3", "-w", "-fPIC", "-shared", "-ffp-contract=off", "-fno-fast-math",
        "-fno-math-errno", "-fno-strict-aliasing"};
    for (size_t i = 0; i < sizeof flags / sizeof *flags; i++) {
        add(c, flags[i]);
    }
    const char *isa = rsp_isa();
    if (strcmp(isa, "avx512") == 0) {
        add(c, "-march=x86-64-v4");
        add(c, "-mprefer-vector-width=512");
        add(c, "-DRSP_ISA=avx512");
    } else if (strcmp(isa, "avx2") == 0) {
        add(c, "-march=x86-64-v3");
        add(c, "-DRSP_ISA=avx2");
    } else {
        add(c, "-DRSP_ISA=base");
    }
}

/* The first line that the compiler wrote which speaks of an error. */
static void first_error(workplace *w, char line[200])
{
    char *text = NULL;
    size_t length = 0;
    line[0] = '\0';
    if (rsp_file_read(in(w, "errors"), 1 << 20, &text, &length, NULL) != RSP_OK) {
        return;
    }
    const char *at = strstr(text, "error");
    while (at && at > text && at[-1] != '\n') {
        at--;
    }
    at = at ? at : text;
    (void)snprintf(line, 200, "%.*s", (int)strcspn(at, "\n"), at);
    free(text);
}

static rsp_status run_command(workplace *w, const command *c, rsp_error *err)
{
    posix_spawn_file_actions_t files;
    pid_t child = 0;
    int left = posix_spawn_file_actions_init(&files);
    if (left != 0) {
        return rsp_fail(err, RSP_NOMEM, "no memory to start the compiler");
    }
    left = posix_spawn_file_actions_addopen(&files, 2, in(w, "errors"),
                                            O_WRONLY | O_CREAT | O_TRUNC, 0600);
    if (left == 0) {
        left = posix_spawn_file_actions_adddup2(&files, 2, 1);
    }
    if (left == 0) { /* the interface takes words that it does not change */
        left = posix_spawnp(&child, c->word[0], &files, NULL, (char *const *)(uintptr_t)c->word,
                            environ);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    if (left != 0) {
        return rsp_fail(err, RSP_UNSUPPORTED,
                        "--compile needs a C compiler, and '%s' cannot be started (%s): install "
                        "one or set CC to its name; without --compile the model runs from bytecode",
                        c->word[0], strerror(left));
    }
    int status = 0;
    while (waitpid(child, &status, 0) < 0) {
        if (errno != EINTR) {
            return rsp_fail(err, RSP_UNSUPPORTED, "the compiler was lost: %s", strerror(errno));
        }
    }
    if (WIFEXITED(status) && WEXITSTATUS(status) == 0) {
        return RSP_OK;
    }
    char line[200];
    first_error(w, line);
    return rsp_fail(err, RSP_UNSUPPORTED,
                    "'%s' could not compile the model for %s%s%s; without --compile it runs "
                    "from bytecode",
                    c->word[0], rsp_isa(), line[0] ? ": " : "", line);
}

static rsp_status compile(workplace *w, rsp_error *err)
{
    command c = {.n = 0};
    char include[300], source[300], output[300];
    (void)snprintf(include, sizeof include, "-I%s", w->dir);
    (void)snprintf(source, sizeof source, "%s/model.c", w->dir);
    (void)snprintf(output, sizeof output, "%s/model.so", w->dir);
    add_compiler(&c);
    add_flags(&c);
    add(&c, include);
    add(&c, "-o");
    add(&c, output);
    add(&c, source);
    return run_command(w, &c, err);
}

static rsp_status load(workplace *w, const rsp_program *program, rsp_shared *shared,
                       rsp_error *err)
{
    char symbol[64];
    (void)snprintf(symbol, sizeof symbol, "rsp_model_user_%s", rsp_isa());
    shared->handle = dlopen(in(w, "model.so"), RTLD_NOW | RTLD_LOCAL);
    shared->code = shared->handle ? dlsym(shared->handle, symbol) : NULL;
    if (!shared->code || strcmp(shared->code->sha256, program->sha256) != 0) {
        const char *why = dlerror();
        return rsp_fail(err, RSP_UNSUPPORTED, "the compiled model cannot be loaded: %.200s",
                        why ? why : "it is another one");
    }
    return RSP_OK;
}

rsp_status rsp_program_compile(const rsp_program *program, rsp_shared **out, rsp_error *err)
{
    *out = NULL;
    workplace w = {.dir = ""};
    rsp_shared *shared = calloc(1, sizeof *shared);
    rsp_status status = shared ? workplace_new(&w, err)
                               : rsp_fail(err, RSP_NOMEM, "no memory to compile a model");
    status = status != RSP_OK ? status : write_headers(&w, err);
    status = status != RSP_OK ? status : write_text(&w, program, err);
    status = status != RSP_OK ? status : compile(&w, err);
    status = status != RSP_OK ? status : load(&w, program, shared, err);
    workplace_end(&w);
    if (status != RSP_OK) {
        rsp_shared_free(shared);
        return status;
    }
    *out = shared;
    return RSP_OK;
}

void rsp_shared_free(rsp_shared *shared)
{
    if (shared && shared->handle) {
        (void)dlclose(shared->handle);
    }
    free(shared);
}

rsp_machine rsp_machine_of(const rsp_program *program, const rsp_shared *shared)
{
    return rsp_machine_compiled(program, shared->code);
}
