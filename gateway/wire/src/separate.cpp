// gateway/wire/src/separate.cpp - the bodies of Asio and Beast, compiled once for everybody.
// Room:   gateway, target wire.
#include <boost/asio/impl/src.hpp>
#include <boost/asio/ssl/impl/src.hpp>
#include <boost/beast/src.hpp>
