/* Where a system has the certificates of the authorities that it trusts. Layer: channel. */
#ifndef CHANNEL_HTTP_AUTHORITIES_H
#define CHANNEL_HTTP_AUTHORITIES_H

/* The places of the usual distributions; ended by NULL. */
extern const char *const authorities_places[];

/* The first of `places` that can be read; NULL where `usual`, the file or folder for which libcurl
 * was built, can be, where there is no usual place, and where there is none at all. */
const char *authorities_find(const char *usual, const char *const *places);

#endif
