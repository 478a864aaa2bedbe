# One object library per layer: as shipped, and for tests once more with PT_TESTING (hooks, allocation failures).
set(POLYTUNE_VARIANTS "shipped")
if(POLYTUNE_TESTS)
    list(APPEND POLYTUNE_VARIANTS "testing")
endif()

# polytune_layer(NAME SOURCES a.c b.c ... LIBS PkgConfig::SODIUM ... DEFINES X=1 ...): polytune_NAME, polytune_NAME_testing.
function(polytune_layer name)
    cmake_parse_arguments(LAYER "" "" "SOURCES;LIBS;DEFINES" ${ARGN})
    foreach(variant IN LISTS POLYTUNE_VARIANTS)
        set(target polytune_${name})
        if(variant STREQUAL "testing")
            string(APPEND target "_testing")
        endif()
        add_library(${target} OBJECT ${LAYER_SOURCES})
        target_include_directories(${target} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
        target_link_libraries(${target} PUBLIC ${LAYER_LIBS})
        target_compile_definitions(${target} PRIVATE ${LAYER_DEFINES})
        if(variant STREQUAL "testing")
            target_compile_definitions(${target} PUBLIC PT_TESTING)
        endif()
    endforeach()
    set_property(GLOBAL PROPERTY POLYTUNE_LIBS_${name} "${LAYER_LIBS}")
endfunction()

# A library of our own programs or tests, which see the inside.
function(polytune_inside library)
    target_include_directories(${library} PUBLIC ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(${library} PUBLIC ${ARGN})
endfunction()

# What embedders link: polytune::polytune, the shared library, and polytune::static.
function(polytune_for_embedders)
    set_target_properties(polytune_shared PROPERTIES OUTPUT_NAME polytune EXPORT_NAME polytune VERSION ${PROJECT_VERSION}
        SOVERSION ${PROJECT_VERSION_MAJOR})
    # Before 1.0 a minor version may change the ABI: then the names have another version, and the loader refuses programs that
    # were linked with those of before.
    set(names ${PROJECT_BINARY_DIR}/polytune.map)
    file(CONFIGURE OUTPUT ${names} CONTENT "POLYTUNE_@PROJECT_VERSION_MAJOR@.@PROJECT_VERSION_MINOR@ { global: pt_*; local: *; };\n" @ONLY)
    target_link_options(polytune_shared PRIVATE LINKER:--version-script=${names})
    set_target_properties(polytune_shared PROPERTIES LINK_DEPENDS ${names})
    target_include_directories(polytune_shared
        PRIVATE ${PROJECT_SOURCE_DIR}/src
        PUBLIC $<BUILD_INTERFACE:${PROJECT_SOURCE_DIR}/include> $<INSTALL_INTERFACE:${CMAKE_INSTALL_INCLUDEDIR}>)
    target_link_libraries(polytune_shared PRIVATE ${ARGN})
    add_library(polytune::polytune ALIAS polytune_shared)

    # The archive is one object in which only the public names are global: ours cannot clash with theirs.
    set(archive ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/libpolytune.a)
    set(object ${PROJECT_BINARY_DIR}/polytune.o)
    add_custom_command(OUTPUT ${archive}
        COMMAND ${CMAKE_LINKER} -r -o ${object} --whole-archive $<TARGET_FILE:polytune_internal> --no-whole-archive
        COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${object}
        COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
        COMMAND ${CMAKE_AR} rcs ${archive} ${object}
        DEPENDS polytune_internal VERBATIM)
    if(PROJECT_IS_TOP_LEVEL)
        add_custom_target(polytune_archive ALL DEPENDS ${archive})
    else()
        add_custom_target(polytune_archive DEPENDS ${archive})
    endif()
    set_property(GLOBAL PROPERTY POLYTUNE_ARCHIVE ${archive})
    add_library(polytune_static INTERFACE)
    add_dependencies(polytune_static polytune_archive)
    target_include_directories(polytune_static INTERFACE ${PROJECT_SOURCE_DIR}/include)
    target_link_libraries(polytune_static INTERFACE ${archive} ${ARGN})
    add_library(polytune::static ALIAS polytune_static)
endfunction()

# polytune_libraries(layers...): libpolytune.a and libpolytune.so as shipped, polytune_internal for our own programs,
# polytune_testing for tests.
function(polytune_libraries)
    set(libs Threads::Threads)
    foreach(layer IN LISTS ARGN)
        get_property(layer_libs GLOBAL PROPERTY POLYTUNE_LIBS_${layer})
        list(APPEND libs ${layer_libs})
        list(APPEND objects $<TARGET_OBJECTS:polytune_${layer}>)
        list(APPEND testing_objects $<TARGET_OBJECTS:polytune_${layer}_testing>)
    endforeach()
    list(REMOVE_DUPLICATES libs)
    add_library(polytune_internal STATIC ${objects})
    polytune_inside(polytune_internal ${libs})
    add_library(polytune_shared SHARED ${objects})
    polytune_for_embedders(${libs})
    if(POLYTUNE_TESTS)
        add_library(polytune_testing STATIC ${testing_objects})
        polytune_inside(polytune_testing ${libs})
        target_compile_definitions(polytune_testing PUBLIC PT_TESTING)
    endif()
endfunction()

# polytune_test(layer.name SOURCES test_x.c [LIBS ...] [LABELS ...]): one cmocka binary, one ctest.
function(polytune_test name)
    cmake_parse_arguments(TEST "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
    string(REPLACE "." "_" target "test_${name}")
    add_executable(${target} ${TEST_SOURCES})
    target_include_directories(${target} PRIVATE ${PROJECT_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE polytune_testing PkgConfig::CMOCKA ${TEST_LIBS})
    add_test(NAME ${name} COMMAND ${target})
    if(NOT TEST_TIMEOUT)
        set(TEST_TIMEOUT 900)
    endif()
    set_tests_properties(${name} PROPERTIES
        TIMEOUT ${TEST_TIMEOUT} LABELS "${TEST_LABELS}"
        ENVIRONMENT "POLYTUNE_SOURCE_DIR=${PROJECT_SOURCE_DIR};POLYTUNE_BIN=${PROJECT_BINARY_DIR}/bin/polytune")
endfunction()
