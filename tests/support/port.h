/* Ports of this machine for tests that must know one before its server starts. */
#ifndef POLYTUNE_TESTS_PORT_H
#define POLYTUNE_TESTS_PORT_H

#include <stdint.h>

/* A port of loopback where nothing listens, and which this process alone is given while it lives:
 * below those that the kernel gives to outgoing connections, so that none of them takes it before
 * the server does. tests/cli/ports.py is the same for Python, and keeps off what is given here. */
uint16_t free_port(void);

#endif
