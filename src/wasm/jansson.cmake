# jansson but for files; the seed of its tables is ours (random.c).
set(made ${CMAKE_BINARY_DIR}/jansson)
set(json_inline inline)
set(json_have_long_long 1)
set(json_have_localeconv 0)
set(json_have_atomic_builtins 0)
set(json_have_sync_builtins 0)
configure_file(${JANSSON_DIR}/src/jansson_config.h.in ${made}/jansson_config.h @ONLY)
configure_file(${JANSSON_DIR}/src/jansson.h ${made}/jansson.h COPYONLY)
file(WRITE ${made}/jansson_private_config.h "")

# Beside it lookup3.h of ours is found before jansson's.
configure_file(${JANSSON_DIR}/src/hashtable.c ${made}/hashtable.c COPYONLY)
set(JANSSON_SOURCES ${made}/hashtable.c)

foreach(name dump error load memory pack_unpack strbuffer strconv utf value)
    list(APPEND JANSSON_SOURCES ${JANSSON_DIR}/src/${name}.c)
endforeach()
add_library(jansson STATIC ${JANSSON_SOURCES})
target_include_directories(jansson PUBLIC ${made} PRIVATE ${CMAKE_CURRENT_LIST_DIR}/libs ${JANSSON_DIR}/src)
target_compile_definitions(jansson PRIVATE HAVE_STDINT_H HAVE_CONFIG_H)
target_compile_options(jansson PRIVATE -Oz -w)
