// libyaml's C API: its events are what Documents reads YAML by.
#ifndef CYAML_SHIM_H
#define CYAML_SHIM_H
#include <yaml.h>
#endif
