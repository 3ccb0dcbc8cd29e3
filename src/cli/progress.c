#define _DEFAULT_SOURCE /* SIGXFSZ */
#include "cli/cli.h"

#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { AT_ONE_TIME_MS = 300 };

/* The only globals of the program: a signal handler can reach nothing else. */
static atomic_bool interrupted;
static _Atomic long long interrupted_at; /* ms */

/* A second Ctrl-C ends at once; what comes with the first (`timeout` signals a process
 * and its group) does not. */
static void on_signal(int number)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    const long long ms = (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
    if (!atomic_exchange(&interrupted, true)) {
        atomic_store(&interrupted_at, ms);
    } else if (ms - atomic_load(&interrupted_at) > AT_ONE_TIME_MS) {
        signal(number, SIG_DFL);
        raise(number);
    }
}

/* Were 0, 1 or 2 closed, a results file would get its number, and messages would be
 * written into it.  Writing to what stands in for a closed stream still fails. */
void cli_fill_streams(void)
{
    int fd = open("/dev/null", O_RDONLY);
    while (fd >= 0 && fd <= STDERR_FILENO) {
        fd = open("/dev/null", O_RDONLY);
    }
    if (fd > STDERR_FILENO) {
        close(fd);
    }
}

void cli_catch_interrupt(void)
{
    struct sigaction action = {.sa_handler = on_signal};
    sigemptyset(&action.sa_mask);
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    struct sigaction hangup = {.sa_handler = SIG_DFL};
    sigaction(SIGHUP, NULL, &hangup);
    if (hangup.sa_handler != SIG_IGN) { /* nohup keeps what it asks for */
        sigaction(SIGHUP, &action, NULL);
    }
    action.sa_handler = SIG_IGN; /* a closed pipe is a write error, not a death */
    sigaction(SIGPIPE, &action, NULL);
    sigaction(SIGXFSZ, &action, NULL); /* and so is a file that may not grow */
}

bool cli_interrupted(void *ctx)
{
    (void)ctx;
    return atomic_load(&interrupted);
}

static double now(void)
{
    struct timespec ts;
    clock_gettime(CLOCK_MONOTONIC, &ts);
    return (double)ts.tv_sec + 1e-9 * (double)ts.tv_nsec;
}

cli_progress cli_progress_start(const cli_args *args, const char *what)
{
    const char *terminal = getenv("TERM");
    bool plain = terminal && strcmp(terminal, "dumb") == 0; /* knows no line to rewrite */
    return (cli_progress){.show = !args->quiet && !plain && isatty(STDERR_FILENO),
                          .start = now(), .what = what};
}

void cli_progress_at(cli_progress *p, uint64_t done, uint64_t all)
{
    if (!p->show || !all || !done) {
        return;
    }
    double took = now() - p->start;
    double rate = took > 0 ? (double)done / took : 0;
    double left = rate > 0 ? (double)(all - done) / rate : 0;
    fprintf(stderr, "\r%s: %llu of %llu participants, %.0f/s, %.0f s left   ", p->what,
            (unsigned long long)done, (unsigned long long)all, rate, left);
}

void cli_progress_end(cli_progress *p)
{
    if (p->show) {
        fprintf(stderr, "\r\033[K");
    }
}
