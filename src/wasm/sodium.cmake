# The part of libsodium that is used, as plain C. Its source of randomness is ours (random.c).
set(S ${SODIUM_DIR}/src/libsodium)
set(made ${CMAKE_BINARY_DIR}/sodium)
set(VERSION 1.0.18)
set(SODIUM_LIBRARY_VERSION_MAJOR 10)
set(SODIUM_LIBRARY_VERSION_MINOR 3)
set(SODIUM_LIBRARY_MINIMAL_DEF "")
configure_file(${S}/include/sodium/version.h.in ${made}/sodium/version.h @ONLY)
# Headers include each other from their own folder.
file(GLOB_RECURSE headers ${S}/include/*.h)
foreach(header IN LISTS headers)
    file(RELATIVE_PATH name ${S}/include ${header})
    configure_file(${header} ${made}/${name} COPYONLY)
endforeach()

set(SODIUM_SOURCES
    sodium/core.c sodium/utils.c sodium/codecs.c sodium/runtime.c
    crypto_verify/sodium/verify.c
    crypto_core/ed25519/core_ristretto255.c crypto_core/ed25519/core_ed25519.c
    crypto_core/salsa/ref/core_salsa_ref.c
    crypto_scalarmult/crypto_scalarmult.c
    crypto_scalarmult/ristretto255/ref10/scalarmult_ristretto255_ref10.c
    crypto_scalarmult/curve25519/scalarmult_curve25519.c
    crypto_hash/sha512/cp/hash_sha512_cp.c
    crypto_onetimeauth/poly1305/onetimeauth_poly1305.c crypto_onetimeauth/poly1305/donna/poly1305_donna.c
    crypto_aead/chacha20poly1305/sodium/aead_chacha20poly1305.c
    crypto_stream/chacha20/stream_chacha20.c crypto_stream/chacha20/ref/chacha20_ref.c
    crypto_stream/salsa20/stream_salsa20.c crypto_stream/salsa20/ref/salsa20_ref.c
    crypto_generichash/crypto_generichash.c
    crypto_generichash/blake2b/generichash_blake2.c
    crypto_generichash/blake2b/ref/generichash_blake2b.c crypto_generichash/blake2b/ref/blake2b-ref.c
    crypto_pwhash/argon2/argon2.c crypto_pwhash/argon2/argon2-core.c crypto_pwhash/argon2/argon2-encoding.c
    crypto_pwhash/argon2/argon2-fill-block-ref.c crypto_pwhash/argon2/blake2b-long.c
    crypto_pwhash/argon2/pwhash_argon2id.c)
list(TRANSFORM SODIUM_SOURCES PREPEND ${S}/)

add_library(sodium STATIC ${SODIUM_SOURCES} ${CMAKE_CURRENT_LIST_DIR}/libs/base_point.c ${CMAKE_CURRENT_LIST_DIR}/libs/blake2b.c
    ${CMAKE_CURRENT_LIST_DIR}/libs/curves.c ${CMAKE_CURRENT_LIST_DIR}/libs/sha256.c)
target_include_directories(sodium PUBLIC ${made} PRIVATE ${made}/sodium ${S} ${S}/crypto_generichash/blake2b/ref ${ROOT}/src)
target_compile_definitions(sodium PUBLIC SODIUM_STATIC=1 PRIVATE CONFIGURED=1 NATIVE_LITTLE_ENDIAN=1)
target_compile_options(sodium PRIVATE -Oz -w)
set_source_files_properties(${S}/crypto_pwhash/argon2/argon2-fill-block-ref.c PROPERTIES
    COMPILE_OPTIONS "-include;${CMAKE_CURRENT_LIST_DIR}/libs/argon2_round.h")
