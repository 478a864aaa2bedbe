/* Replays files through a fuzz target without a fuzzer, each also cut short and with single bytes
 * changed, so that every compiler and sanitizer runs them. Arguments: files or folders of seeds. */
#define _DEFAULT_SOURCE
#include <dirent.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define VARIANTS 64

static unsigned long n_runs;

static void run(const uint8_t *data, size_t size)
{
    (void)LLVMFuzzerTestOneInput(data, size);
    n_runs++;
}

static void run_variants(uint8_t *data, size_t size)
{
    uint32_t random = 2463534242u;
    run(data, size);
    for (int i = 0; i < VARIANTS && size > 0; i++) {
        random ^= random << 13;
        random ^= random >> 17;
        random ^= random << 5;
        const size_t at = random % size;
        run(data, at);
        const uint8_t old = data[at];
        data[at] = (uint8_t)(old ^ (1u << (random >> 29)) ^ (random >> 20));
        run(data, size);
        data[at] = old;
    }
}

static int replay(const char *path)
{
    struct stat info;
    if (stat(path, &info) != 0) {
        (void)fprintf(stderr, "cannot read %s\n", path);
        return 1;
    }
    if (S_ISDIR(info.st_mode)) {
        DIR *folder = opendir(path);
        int failed = folder == NULL;
        for (struct dirent *entry; folder != NULL && (entry = readdir(folder)) != NULL;) {
            char name[4096];
            if (entry->d_name[0] == '.')
                continue;
            (void)snprintf(name, sizeof name, "%s/%s", path, entry->d_name);
            failed |= replay(name);
        }
        if (folder != NULL)
            (void)closedir(folder);
        return failed;
    }
    FILE *file = fopen(path, "rb");
    const size_t size = (size_t)info.st_size;
    uint8_t *data = malloc(size + 1);
    const int ok = file != NULL && data != NULL && fread(data, 1, size, file) == size;
    if (ok)
        run_variants(data, size);
    free(data);
    if (file != NULL)
        (void)fclose(file);
    return !ok;
}

int main(int argc, char **argv)
{
    int failed = 0;
    for (int i = 1; i < argc; i++)
        failed |= replay(argv[i]);
    (void)printf("%lu inputs replayed\n", n_runs);
    return failed || n_runs == 0;
}
