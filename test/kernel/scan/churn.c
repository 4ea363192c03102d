// Forks, executes, opens, closes and ends at full speed, until it is told to stop; then stands still with what it has. Says "still".
#define _GNU_SOURCE
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#define KEPT 12

static const char *const paths[] = { "/etc/passwd", "/etc/hosts", "/etc/group", "/dev/null", "/proc/self/exe" };

static void stand(void)
{
	for (;;)
		pause();
}

/* A child with some files and a name of its own; every third one executes the program once more. */
static pid_t child(char *self, unsigned int round)
{
	char name[16], number[16];
	pid_t pid = fork();

	if (pid)
		return pid;
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	for (unsigned int i = 0; i < 1 + round % 5; i++)
		open(paths[(round + i) % 4], O_RDONLY);
	close(4 + round % 3);
	snprintf(number, sizeof(number), "%u", round);
	if (round % 3 == 0) {
		char *const arguments[] = { "again", "stand", number, NULL };

		execve(self, arguments, environ);
	}
	snprintf(name, sizeof(name), "round %u", round);
	prctl(PR_SET_NAME, name);
	stand();
	return 0;
}

int main(int argc, char **argv)
{
	struct pollfd told = { .fd = 0, .events = POLLIN };
	pid_t kept[KEPT] = { 0 };
	unsigned int round = 0;
	char byte;

	if (argc > 1 && !strcmp(argv[1], "stand"))
		stand();
	printf("moving\n");
	fflush(stdout);
	/* At least some rounds, so that all places are filled. */
	while (round < 4 * KEPT || poll(&told, 1, 0) == 0) {
		pid_t *place = &kept[round % KEPT];

		if (*place) {
			kill(*place, SIGKILL);
			waitpid(*place, NULL, 0);
		}
		*place = child(argv[0], round++);
	}
	usleep(100000);
	printf("still\n");
	fflush(stdout);
	read(0, &byte, 1);
	while (read(0, &byte, 1) > 0)
		;
	return 0;
}
