# The exchange as a server, in one process with its clients: real pipeline, real TLS, real challenges.
add_library(gateway_test_world STATIC gate_world.cpp)
spillway_options(gateway_test_world)
target_include_directories(gateway_test_world PUBLIC ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(gateway_test_world PUBLIC spillway::attest_evidence spillway::gateway_server spillway::gateway_client
  spillway::gateway_wire spillway::reference GTest::gtest)

spillway_test(ROOM gateway NAME server_test
  SRCS server_meters_test.cpp server_names_test.cpp server_login_test.cpp server_requests_test.cpp
    server_attest_test.cpp server_bond_test.cpp server_census_test.cpp server_census_round_test.cpp server_drain_test.cpp server_probe_test.cpp
    server_relay_test.cpp server_reports_test.cpp server_door_test.cpp server_together_test.cpp
    server_pages_test.cpp server_audit_test.cpp
  DEPS gateway_server reference journal LIBS gateway_test_world Boost::json)
target_include_directories(gateway_server_test PRIVATE ${CMAKE_SOURCE_DIR}/gateway/server/src)

# Cheats against a live exchange, by a plain prover that can lie.
spillway_test(ROOM gateway NAME adversary_test SRCS adversary_test.cpp DEPS gateway_server reference journal
  LIBS gateway_test_world Boost::json TIMEOUT 300)
target_include_directories(gateway_adversary_test PRIVATE ${CMAKE_SOURCE_DIR}/tests/attest)
