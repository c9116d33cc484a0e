#ifndef CRULES_H
#define CRULES_H

#include <stddef.h>

/// A file of Sources/CRules/Rules as it stands in the binary.
struct crules_file {
    const char *name;
    const unsigned char *bytes;
    size_t count;
};

/// All of them, in the order of rules.c.
const struct crules_file *crules_files(size_t *count);

/// What each field means: Rules/Fields/fields.yaml.
const struct crules_file *crules_fields(void);

#endif
