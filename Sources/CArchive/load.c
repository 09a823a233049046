#include "CArchive.h"
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>

static struct ingot_archive functions;
static char failure[512];
static int loaded;
static pthread_once_t once = PTHREAD_ONCE_INIT;

static void *symbol(void *library, const char *name)
{
    void *address = dlsym(library, name);
    if (address == NULL && failure[0] == 0)
        snprintf(failure, sizeof failure, "libarchive.so.13 has no function '%s'", name);
    return address;
}

static void load(void)
{
    void *library = dlopen("libarchive.so.13", RTLD_NOW | RTLD_LOCAL);
    if (library == NULL) {
        snprintf(failure, sizeof failure, "%s", dlerror());
        return;
    }
#define LOOK_UP(name) functions.name = (__typeof__(&name))symbol(library, #name);
    INGOT_ARCHIVE_FUNCTIONS(LOOK_UP)
#undef LOOK_UP
    loaded = failure[0] == 0;
}

const struct ingot_archive *ingot_archive_load(const char **error)
{
    pthread_once(&once, load);
    if (loaded) return &functions;
    *error = failure;
    return NULL;
}
