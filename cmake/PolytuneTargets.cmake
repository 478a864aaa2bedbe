# One object library per layer, twice: as shipped, and with PT_TESTING (hooks, allocation failures) for tests.

# polytune_layer(NAME SOURCES a.c b.c ... LIBS PkgConfig::SODIUM ...)
function(polytune_layer name)
    cmake_parse_arguments(LAYER "" "" "SOURCES;LIBS" ${ARGN})
    foreach(variant "" "_testing")
        set(target polytune_${name}${variant})
        add_library(${target} OBJECT ${LAYER_SOURCES})
        target_include_directories(${target} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
        target_link_libraries(${target} PUBLIC ${LAYER_LIBS})
    endforeach()
    target_compile_definitions(polytune_${name}_testing PUBLIC PT_TESTING)
    set_property(GLOBAL PROPERTY POLYTUNE_LIBS_${name} "${LAYER_LIBS}")
endfunction()

# polytune_libraries(layers...): libpolytune.a and libpolytune.so as shipped, polytune_internal for our own programs,
# polytune_testing for tests.
function(polytune_libraries)
    add_library(polytune_internal STATIC)
    add_library(polytune_shared SHARED)
    add_library(polytune_testing STATIC)
    foreach(layer IN LISTS ARGN)
        get_property(libs GLOBAL PROPERTY POLYTUNE_LIBS_${layer})
        foreach(library polytune_internal polytune_shared)
            target_sources(${library} PRIVATE $<TARGET_OBJECTS:polytune_${layer}>)
        endforeach()
        target_sources(polytune_testing PRIVATE $<TARGET_OBJECTS:polytune_${layer}_testing>)
        target_link_libraries(polytune_internal PUBLIC ${libs})
        target_link_libraries(polytune_shared PRIVATE ${libs})
        target_link_libraries(polytune_testing PUBLIC ${libs})
    endforeach()
    set_target_properties(polytune_shared PROPERTIES OUTPUT_NAME polytune VERSION ${PROJECT_VERSION} SOVERSION 0)
    foreach(library polytune_internal polytune_shared polytune_testing)
        target_include_directories(${library} PUBLIC ${CMAKE_SOURCE_DIR}/src ${CMAKE_SOURCE_DIR}/include)
        target_link_libraries(${library} PUBLIC Threads::Threads)
    endforeach()
    target_compile_definitions(polytune_testing PUBLIC PT_TESTING)

    # The archive for embedders is one object in which only the public names are global: ours cannot clash with theirs.
    set(archive ${CMAKE_ARCHIVE_OUTPUT_DIRECTORY}/libpolytune.a)
    set(object ${CMAKE_BINARY_DIR}/polytune.o)
    add_custom_command(OUTPUT ${archive}
        COMMAND ${CMAKE_LINKER} -r -o ${object} --whole-archive $<TARGET_FILE:polytune_internal> --no-whole-archive
        COMMAND ${CMAKE_OBJCOPY} --localize-hidden ${object}
        COMMAND ${CMAKE_COMMAND} -E rm -f ${archive}
        COMMAND ${CMAKE_AR} rcs ${archive} ${object}
        DEPENDS polytune_internal VERBATIM)
    add_custom_target(polytune_static ALL DEPENDS ${archive})
    set_property(GLOBAL PROPERTY POLYTUNE_ARCHIVE ${archive})
endfunction()

# polytune_test(layer.name SOURCES test_x.c [LIBS ...] [LABELS ...]): one cmocka binary, one ctest.
function(polytune_test name)
    cmake_parse_arguments(TEST "" "TIMEOUT" "SOURCES;LIBS;LABELS" ${ARGN})
    string(REPLACE "." "_" target "test_${name}")
    add_executable(${target} ${TEST_SOURCES})
    target_include_directories(${target} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
    target_link_libraries(${target} PRIVATE polytune_testing PkgConfig::CMOCKA ${TEST_LIBS})
    add_test(NAME ${name} COMMAND ${target})
    if(NOT TEST_TIMEOUT)
        set(TEST_TIMEOUT 900)
    endif()
    set_tests_properties(${name} PROPERTIES
        TIMEOUT ${TEST_TIMEOUT} LABELS "${TEST_LABELS}"
        ENVIRONMENT "POLYTUNE_SOURCE_DIR=${CMAKE_SOURCE_DIR};POLYTUNE_BIN=${CMAKE_BINARY_DIR}/bin/polytune")
endfunction()
