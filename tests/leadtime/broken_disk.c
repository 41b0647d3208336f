/* A disk that fails on demand, for tests. Loaded before libc, it fails writes, flushes and reads of regular files whose
   path contains BROKEN_DISK_FILES with the error named in the file BROKEN_DISK: "write 5" is EIO for writes,
   "sync 5" EIO for flushes, "write 28" a full disk, "write 30" a read-only one, "read 5" EIO for reads. Without
   that file, nothing fails. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
#include <unistd.h>

/* The error of this kind of call on this file, or 0. */
static int broken(const char *kind, int fd) {
    const char *order = getenv("BROKEN_DISK"), *files = getenv("BROKEN_DISK_FILES");
    char link[64], path[4096], text[64] = "";
    if (!order || !files) return 0;
    int control = open(order, O_RDONLY | O_CLOEXEC);
    if (control < 0) return 0;
    static ssize_t (*real_read)(int, void *, size_t);
    if (!real_read) real_read = dlsym(RTLD_NEXT, "read");
    ssize_t n = real_read(control, text, sizeof text - 1);
    close(control);
    size_t length = strlen(kind);
    if (n <= 0 || strncmp(text, kind, length) != 0) return 0;
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    n = readlink(link, path, sizeof path - 1);
    if (n <= 0) return 0;
    path[n] = 0;
    return strstr(path, files) ? atoi(text + length) : 0;
}

#define CALL(kind, type, name, parameters, arguments)                        \
    type name parameters {                                                   \
        static type(*real) parameters;                                       \
        if (!real) real = dlsym(RTLD_NEXT, #name);                           \
        int error = broken(kind, fd);                                        \
        if (error) { errno = error; return -1; }                             \
        return real arguments;                                               \
    }

CALL("write ", ssize_t, write, (int fd, const void *b, size_t n), (fd, b, n))
CALL("write ", ssize_t, pwrite, (int fd, const void *b, size_t n, off_t o), (fd, b, n, o))
CALL("write ", ssize_t, pwrite64, (int fd, const void *b, size_t n, off64_t o), (fd, b, n, o))
CALL("write ", int, ftruncate, (int fd, off_t n), (fd, n))
CALL("write ", int, ftruncate64, (int fd, off64_t n), (fd, n))
CALL("sync ", int, fsync, (int fd), (fd))
CALL("sync ", int, fdatasync, (int fd), (fd))
CALL("read ", ssize_t, read, (int fd, void *b, size_t n), (fd, b, n))
CALL("read ", ssize_t, pread, (int fd, void *b, size_t n, off_t o), (fd, b, n, o))
CALL("read ", ssize_t, pread64, (int fd, void *b, size_t n, off64_t o), (fd, b, n, o))
