# Keys on disk, and the client's side of a connection.
spillway_test(ROOM gateway NAME client_test SRCS client_credentials_test.cpp client_market_client_test.cpp
  DEPS gateway_client LIBS gateway_test_world)
