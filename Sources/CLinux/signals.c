#include "include/signals.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/prctl.h>
#include <unistd.h>

static _Atomic int ends[2] = {-1, -1};

static void note(int number) {
    int saved = errno;
    unsigned char byte = (unsigned char)number;
    ssize_t ignored = write(atomic_load(&ends[1]), &byte, 1);
    (void)ignored;
    errno = saved;
}

int ingot_signals_open(void) {
    if (atomic_load(&ends[0]) >= 0) return atomic_load(&ends[0]);
    int made[2];
    if (pipe2(made, O_CLOEXEC)) return -errno;
    fcntl(made[1], F_SETFL, O_NONBLOCK);  // a handler must not wait
    atomic_store(&ends[1], made[1]);
    atomic_store(&ends[0], made[0]);
    return made[0];
}

int ingot_signals_catch(int number) {
    struct sigaction action;
    if (sigaction(number, NULL, &action)) return -errno;
    if (action.sa_handler == SIG_IGN) return 0;
    action = (struct sigaction){.sa_handler = note, .sa_flags = SA_RESTART};
    return sigaction(number, &action, NULL) ? -errno : 0;
}

void ingot_signals_die(int number) {
    sigset_t set;
    prctl(PR_SET_DUMPABLE, 0);
    signal(number, SIG_DFL);
    sigemptyset(&set);
    sigaddset(&set, number);
    pthread_sigmask(SIG_UNBLOCK, &set, NULL);
    kill(getpid(), number);
    _exit(128 + number);
}
