/* Keeping this process's memory out of files and other processes. Layer: cli. */
#ifndef CLI_NO_CORE_H
#define CLI_NO_CORE_H

/* No core file is written when the process crashes. */
void no_core_files(void);

/* Nor does a program get it that the system hands cores to, and no other process of this user, a
 * debugger for example, can attach to this one or read it. Does nothing where the system has no
 * such thing. */
void no_core_readers(void);

#endif
