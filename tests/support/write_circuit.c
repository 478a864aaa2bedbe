/* write_circuit aes128|sha256: such a circuit as Bristol Fashion text, to standard output. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "support/circuits.h"

static const struct {
    const char *name;
    pt_circuit *(*make)(void);
} circuits[] = {{"aes128", circuits_aes128}, {"sha256", circuits_sha256}};

static pt_circuit *make(const char *name)
{
    for (size_t i = 0; i < sizeof circuits / sizeof *circuits; i++) {
        if (strcmp(circuits[i].name, name) == 0)
            return circuits[i].make();
    }
    return NULL;
}

int main(int argc, char **argv)
{
    char *text = NULL;
    size_t len = 0;
    pt_circuit *c = argc == 2 ? make(argv[1]) : NULL;
    if (c == NULL) {
        (void)fprintf(stderr, "usage: write_circuit aes128|sha256\n");
        return EXIT_FAILURE;
    }
    const bool ok = pt_circuit_write_bristol(&text, &len, c, NULL) == PT_OK &&
                    fwrite(text, 1, len, stdout) == len && fflush(stdout) == 0;
    pt_text_free(text);
    pt_circuit_free(c);
    return ok ? EXIT_SUCCESS : EXIT_FAILURE;
}
