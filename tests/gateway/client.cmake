# Keys on disk, and the client's side of a connection.
spillway_test(ROOM gateway NAME client_test SRCS client_credentials_test.cpp client_market_client_test.cpp client_session_test.cpp
  DEPS gateway_client journal LIBS gateway_test_world)
target_include_directories(gateway_client_test PRIVATE ${CMAKE_SOURCE_DIR}/gateway/client/src ${CMAKE_SOURCE_DIR}/gateway/server/src)
