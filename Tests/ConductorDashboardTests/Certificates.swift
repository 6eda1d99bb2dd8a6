/// A certificate for this machine that signs itself, made for these tests, with its key and another one.
///
/// `openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -subj /CN=localhost`
enum Certificates {
    static let own = """
        -----BEGIN CERTIFICATE-----
        MIIBmjCCAUGgAwIBAgIUMkSvq6F5+aIWqjWd6U66VZnQyQ0wCgYIKoZIzj0EAwIw
        FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyODE5MTU0OFoYDzIxMjYxMTA0
        MTkxNTQ4WjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
        PQMBBwNCAATyNz0Hwpa/R0IpfnNImj8X/s75feIQbKy7z4IGtBJkQcN6K7DmWXfn
        DbV8PxzIcFA5cWNDl4wtwwzLbhP05ilgo28wbTAdBgNVHQ4EFgQUo+IyJFfG/JtX
        nMR+xxDObvAFcbQwHwYDVR0jBBgwFoAUo+IyJFfG/JtXnMR+xxDObvAFcbQwDwYD
        VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
        zj0EAwIDRwAwRAIgJtZrCsMRpVmlDarZ6ZXKh8YlAzLIOf64UoB5WHv8hlwCIHcK
        axCBMAjUi4FTPB+vkVOOaBz/yLY4XsI6iPSiYSZS
        -----END CERTIFICATE-----
        """

    static let key = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQggXDuWIFcn5OVcR0K
        jfXczEnm5Ia8kcliuRThye9eOOWhRANCAATyNz0Hwpa/R0IpfnNImj8X/s75feIQ
        bKy7z4IGtBJkQcN6K7DmWXfnDbV8PxzIcFA5cWNDl4wtwwzLbhP05ilg
        -----END PRIVATE KEY-----
        """

    static let otherKey = """
        -----BEGIN PRIVATE KEY-----
        MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgi2PTDycwhBr+RX8J
        a8fRykqxZ5SM5un8HY2hlxHl9pyhRANCAARqII0/r8r+M8crLvpr5gQSPKGUlpv7
        KkhiF5wDRPPezd8cOlwjrzT5HRbsXtVmqc3BqEHJ8GFFjfAS0xVIRpV4
        -----END PRIVATE KEY-----
        """
}
