using Switchyard.Configuration;
using Xunit;

namespace Switchyard.Tests.Configuration;

public sealed class ListenAddressPolicyTests
{
    [Theory]
    [InlineData("http://localhost:8080")]
    [InlineData("http://LOCALHOST")]
    [InlineData("http://127.0.0.1:8080")]
    [InlineData("https://127.8.9.10:1/")]
    [InlineData("http://[::1]:8080")]
    [InlineData("http://[::ffff:127.0.0.1]:8080")]
    [InlineData("http://unix:/run/switchyard.sock")]
    [InlineData("http://localhost:1;http://[::1]:1")]
    public void What_only_this_machine_reaches_needs_no_keys(string urls) =>
        Assert.Null(ListenAddressPolicy.Check(urls, hasKeys: false, insecure: false));

    [Theory]
    [InlineData("http://*:8080")]
    [InlineData("http://+:8080")]
    [InlineData("http://0.0.0.0:8080")]
    [InlineData("http://[::]:8080")]
    [InlineData("http://192.168.1.5:8080")]
    [InlineData("http://example.com")]
    [InlineData("http://localhost.example.com:80")]
    [InlineData("http://127.0.0.1.example.com:80")]
    [InlineData("http://127.0.0.1@example.com:80")]
    [InlineData("http://localhost:1;http://*:1")]
    [InlineData("nonsense")]
    public void What_others_may_reach_needs_keys(string urls)
    {
        var refusal = ListenAddressPolicy.Check(urls, hasKeys: false, insecure: false);

        Assert.Contains("server.keys", refusal, StringComparison.Ordinal);
        Assert.Contains("--insecure", refusal, StringComparison.Ordinal);
        Assert.Null(ListenAddressPolicy.Check(urls, hasKeys: true, insecure: false));
        Assert.Null(ListenAddressPolicy.Check(urls, hasKeys: false, insecure: true));
    }

    [Fact]
    public void The_refusal_names_the_address_that_is_open() =>
        Assert.StartsWith(
            "refusing to listen on http://*:2 without client keys",
            ListenAddressPolicy.Check("http://localhost:1; http://*:2", hasKeys: false, insecure: false),
            StringComparison.Ordinal);

    [Theory]
    [InlineData("localhost:8080")]
    [InlineData("ftp://localhost")]
    [InlineData("http://")]
    [InlineData("http://:80")]
    [InlineData("http://host:port")]
    [InlineData("http://host:99999")]
    [InlineData("http://[::1")]
    [InlineData("http://[zz]:80")]
    [InlineData("http://a b:80")]
    [InlineData(" ; ")]
    public void What_is_no_address_is_a_problem_of_the_configuration(string urls)
    {
        using var given = new Given().Set($"server.urls={urls}");

        Assert.StartsWith("--set server.urls: ", given.Problem(), StringComparison.Ordinal);
    }
}
