/* Not there, and not needed: see cmocka.h beside. */
