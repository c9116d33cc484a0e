// The status page in the binary.
#ifndef CPAGE_H
#define CPAGE_H

#include <stddef.h>

/// The page's bytes, and how many.
const unsigned char *cpage_status(long *count);

#endif
