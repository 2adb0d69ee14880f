# The wire's tests: pure ones, and those that speak over real sockets on loopback.
spillway_test(ROOM gateway NAME wire_pure_test
  SRCS wire_sse_test.cpp wire_url_test.cpp wire_http_parse_test.cpp DEPS gateway_wire)
target_include_directories(gateway_wire_pure_test PRIVATE ${CMAKE_SOURCE_DIR}/gateway/wire/src)

spillway_test(ROOM gateway NAME wire_test
  SRCS wire_world.cpp wire_loop_test.cpp wire_tls_test.cpp wire_http_test.cpp wire_limits_test.cpp
    wire_websocket_test.cpp wire_rfc6455_test.cpp wire_client_test.cpp
  DEPS gateway_wire)
