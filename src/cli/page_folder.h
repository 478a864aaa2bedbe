/* Where the installed page for browsers lies. Layer: cli. */
#ifndef CLI_PAGE_FOLDER_H
#define CLI_PAGE_FOLDER_H

#include "polytune/status.h"

/* share/polytune of the tree that this program was installed in; NULL where there is none, or
 * where the system does not tell where this program lies. The caller's (mem_free). */
PT_MUST_CHECK pt_status page_folder_find(char **ret_folder, pt_error *error);

#endif
