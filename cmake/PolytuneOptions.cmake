# Options, warnings and flags that hold for every target here, and for none of a project that includes this one.
option(POLYTUNE_COMMAND "Build the command and the relay" ${PROJECT_IS_TOP_LEVEL})
option(POLYTUNE_TESTS "Build the tests; needs the command" ${PROJECT_IS_TOP_LEVEL})
option(POLYTUNE_EXAMPLES "Build the examples" ${PROJECT_IS_TOP_LEVEL})
option(POLYTUNE_INSTALL "Install the library and the command" ${PROJECT_IS_TOP_LEVEL})
option(POLYTUNE_PYTHON_PACKAGE "Make the Python package, as pip does" OFF)
option(POLYTUNE_WERROR "Treat warnings as errors" OFF)
option(POLYTUNE_LIBFUZZER "Fuzz targets with libFuzzer, and everything instrumented for it; needs clang" OFF)
set(POLYTUNE_SANITIZE "" CACHE STRING "Value for -fsanitize=, e.g. address,undefined")

if(POLYTUNE_TESTS AND NOT POLYTUNE_COMMAND)
    message(FATAL_ERROR "POLYTUNE_TESTS needs POLYTUNE_COMMAND: tests run the command")
endif()

# Without optimisation the protocol takes many times as long: nobody should get that unasked.
if(PROJECT_IS_TOP_LEVEL AND NOT CMAKE_BUILD_TYPE AND NOT CMAKE_CONFIGURATION_TYPES)
    set_property(CACHE CMAKE_BUILD_TYPE PROPERTY VALUE Release)
endif()

set(CMAKE_C_STANDARD 11)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_POSITION_INDEPENDENT_CODE ON)
set(CMAKE_C_VISIBILITY_PRESET hidden)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/bin)
set(CMAKE_LIBRARY_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)
set(CMAKE_ARCHIVE_OUTPUT_DIRECTORY ${PROJECT_BINARY_DIR}/lib)

add_compile_options(
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wundef -Wvla -Wcast-align
    -Wstrict-prototypes -Wmissing-prototypes -Wswitch-enum -Wformat=2 -Wwrite-strings
    -fstack-protector-strong -fno-strict-overflow)
if(POLYTUNE_WERROR)
    add_compile_options(-Werror)
endif()
if(POLYTUNE_SANITIZE)
    add_compile_options(-fsanitize=${POLYTUNE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=all)
    add_link_options(-fsanitize=${POLYTUNE_SANITIZE})
elseif(NOT CMAKE_C_FLAGS MATCHES "_FORTIFY_SOURCE") # a distribution's own level stays
    add_compile_definitions($<$<CONFIG:Release,RelWithDebInfo,MinSizeRel>:_FORTIFY_SOURCE=2>)
endif()
if(POLYTUNE_LIBFUZZER)
    # The libraries too: a fuzzer that sees only its own driver is blind.
    add_compile_options(-fsanitize=fuzzer-no-link)
endif()
add_link_options(-Wl,-z,relro -Wl,-z,now)
