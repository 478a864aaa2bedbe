#define _GNU_SOURCE /* SOCK_CLOEXEC */
#include "support/redis.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "support/test.h"

void redis_start(redis_process *r, const char *folder)
{
    char text[16];
    (void)snprintf(text, sizeof text, "%u", r->port);
    const pid_t child = fork();
    if (child != 0) {
        r->pid = child > 0 ? child : 0;
        return;
    }
    (void)prctl(PR_SET_PDEATHSIG, SIGKILL); /* also when the test is killed */
    const int null = open("/dev/null", O_RDWR | O_CLOEXEC);
    (void)dup2(null, STDOUT_FILENO);
    (void)execlp("redis-server", "redis-server", "--port", text, "--bind", "127.0.0.1", "--save",
                 "", "--appendonly", "no", "--requirepass", "geheim!", "--dir", folder,
                 (char *)NULL);
    _exit(127);
}

bool redis_runs(redis_process *r)
{
    int status = 0;
    if (r->pid != 0 && waitpid(r->pid, &status, WNOHANG) == r->pid)
        r->pid = 0;
    return r->pid != 0;
}

void redis_stop(redis_process *r)
{
    if (r->pid == 0)
        return;
    (void)kill(r->pid, SIGKILL);
    (void)waitpid(r->pid, NULL, 0);
    r->pid = 0;
}

void redis_url(char *ret_url, size_t size, const redis_process *r)
{
    (void)snprintf(ret_url, size, "redis://:geheim%%21@127.0.0.1:%u/2", r->port);
}
