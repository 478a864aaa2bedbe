/* What a service tells systemd: sd_notify(3), a datagram to $NOTIFY_SOCKET; without that variable
 * nothing. Layer: cli. */
#ifndef CLI_SD_NOTIFY_H
#define CLI_SD_NOTIFY_H

#include <stdint.h>

/* "READY=1", "RELOADING=1", "STOPPING=1", "WATCHDOG=1". */
void sd_notify_send(const char *state);

/* How often systemd wants a sign of life of this process, in milliseconds; 0: never. */
uint64_t sd_notify_watchdog_ms(void);

#endif
