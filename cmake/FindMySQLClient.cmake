# The MySQL client library: Oracle's libmysqlclient if it is installed, otherwise MariaDB's libmariadb.
# Defines MySQLClient::MySQLClient and MySQLClient_VERSION.
set(FLOWZONE_MYSQL mysqlclient libmariadb mariadb CACHE STRING "pkg-config modules of the MySQL client library, the first found is taken")
pkg_search_module(MySQLClient_PC QUIET IMPORTED_TARGET ${FLOWZONE_MYSQL})
include(FindPackageHandleStandardArgs)
find_package_handle_standard_args(MySQLClient REQUIRED_VARS MySQLClient_PC_FOUND VERSION_VAR MySQLClient_PC_VERSION)
if(MySQLClient_FOUND AND NOT TARGET MySQLClient::MySQLClient)
  add_library(MySQLClient::MySQLClient ALIAS PkgConfig::MySQLClient_PC)
endif()
