/* Loaded before a server (LD_PRELOAD), makes each fsync and fdatasync take FSYNC_DELAY_US longer:
   a disk whose cache is not allowed to lie. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <unistd.h>

static void delay(void) {
    static long microseconds = -1;
    if (microseconds < 0) {
        const char *setting = getenv("FSYNC_DELAY_US");
        microseconds = setting ? atol(setting) : 0;
    }
    if (microseconds > 0) usleep((useconds_t)microseconds);
}

int fsync(int file) {
    static int (*really)(int);
    if (!really) really = (int (*)(int))dlsym(RTLD_NEXT, "fsync");
    delay();
    return really(file);
}

int fdatasync(int file) {
    static int (*really)(int);
    if (!really) really = (int (*)(int))dlsym(RTLD_NEXT, "fdatasync");
    delay();
    return really(file);
}
