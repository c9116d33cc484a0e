// In C because of #embed (C23, which clang has for all versions), as the rules files are.
#include "CPage.h"

#pragma clang diagnostic ignored "-Wc23-extensions"

static const unsigned char status[] = {
#embed "status.html"
};

const unsigned char *cpage_status(long *count) {
    *count = sizeof status;
    return status;
}
