using System.Net;
using System.Text;
using System.Text.RegularExpressions;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>Where the program listens, and how it stops.</summary>
public sealed partial class ListenTests
{
    private const string Mock = "providers: { mock: {} }\n";

    [Theory]
    [InlineData("pem")]
    [InlineData("both")]
    [InlineData("pfx")]
    [InlineData("kestrel")]
    [Covers("W4")]
    public async Task It_serves_https_with_a_certificate(string kind)
    {
        using var files = new CertificateFolder();
        var tls = kind switch
        {
            "pem" => $"server: {{ tls: {{ certificate: \"{files.ServerCertificate}\", key: \"{files.ServerKey}\" }} }}\n",
            "both" => $"server: {{ tls: {{ certificate: \"{files.ServerPem}\" }} }}\n",
            "pfx" => $"server: {{ tls: {{ certificate: \"{files.Pfx}\", password: \"{CertificateFolder.Password}\" }} }}\n",
            _ => "",
        };
        var variables = new Dictionary<string, string>();
        if (kind == "kestrel")
        {
            variables["ASPNETCORE_Kestrel__Certificates__Default__Path"] = files.Pfx;
            variables["ASPNETCORE_Kestrel__Certificates__Default__Password"] = CertificateFolder.Password;
        }

        await using var program = await Executable.StartAsync(Mock + tls, variables, "serve", "--urls", "https://127.0.0.1:0");
        await program.UntilItSaysAsync("curl ");

        using var http = new HttpClient(new SocketsHttpHandler
        {
            UseProxy = false,
            SslOptions = { RemoteCertificateValidationCallback = (_, shown, _, _) => shown?.Subject == "CN=localhost" },
        });
        using var response = await http.GetAsync(AddressOf(program) + "/health");
        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
    }

    [Fact]
    [Covers("W4")]
    public async Task Without_a_certificate_https_ends_in_one_line()
    {
        await using var program = await Executable.StartAsync(Mock, "serve", "--urls", "https://127.0.0.1:0");

        Assert.Equal(1, await program.EndAsync());
        Assert.StartsWith("switchyard: cannot listen on https://127.0.0.1:0:", OnlyLine(program), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("W14")]
    public async Task A_port_in_use_ends_in_one_line()
    {
        await using var first = await (await Executable.StartAsync(Mock, "serve")).ServingAsync();
        await using var second = await Executable.StartAsync(Mock, "serve", "--urls", first.Address.GetLeftPart(UriPartial.Authority));

        Assert.Equal(1, await second.EndAsync());
        Assert.Contains("address already in use", OnlyLine(second), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("W14")]
    public async Task An_address_with_a_path_is_found_by_check()
    {
        await using var program = await Executable.StartAsync(Mock + "server: { urls: \"http://127.0.0.1:8080/ai\" }\n", "check");

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains("path_base", program.Said, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("ASPNETCORE_URLS", "http://127.0.0.1:0", "http://127.0.0.1:")]
    [InlineData("PORT", "0", "http://[::]:")]
    [Covers("W12")]
    public async Task It_listens_where_the_platform_says(string name, string value, string expected)
    {
        var variables = new Dictionary<string, string> { [name] = value, ["SWITCHYARD__server__keys"] = "secret" };
        // An option other than --urls, which the helper would add.
        await using var program = await Executable.StartAsync(Mock, variables, "--config", "switchyard.yaml", "serve");

        await program.UntilItSaysAsync("curl ");

        Assert.StartsWith(expected, AddressOf(program), StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("abc")]
    [InlineData("99999")]
    [Covers("W12")]
    public async Task A_PORT_that_is_none_is_an_error_that_names_it(string value)
    {
        var variables = new Dictionary<string, string> { ["PORT"] = value };
        await using var program = await Executable.StartAsync(Mock, variables, "--config", "switchyard.yaml", "serve");

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains("environment variable PORT", OnlyLine(program), StringComparison.Ordinal);
    }

    [Fact]
    [Covers("W12")]
    public async Task It_serves_below_a_path_and_speaks_http2_without_tls_where_that_is_configured()
    {
        var h2c = $"http://127.0.0.1:{Executable.FreePort()}";
        await using var program = await (await Executable.StartAsync(
            Mock + $"server: {{ path_base: /ai, h2c_urls: \"{h2c}\" }}\n", "serve")).ServingAsync();

        using var response = await program.Http.PostAsync(
            "/ai/v1/chat/completions", new StringContent(Some.ChatRequest("mock/mock-model-v1"), Encoding.UTF8, "application/json"));
        using var request = new HttpRequestMessage(HttpMethod.Get, h2c + "/ai/health")
        {
            Version = HttpVersion.Version20,
            VersionPolicy = HttpVersionPolicy.RequestVersionExact,
        };
        using var over2 = await program.Http.SendAsync(request);

        Assert.Equal(HttpStatusCode.OK, response.StatusCode);
        Assert.Equal((HttpStatusCode.OK, HttpVersion.Version20), (over2.StatusCode, over2.Version));
    }

    [Fact]
    [Covers("V13")]
    public async Task Stopping_is_said_before_the_door_closes()
    {
        await using var program = await (await Executable.StartAsync(Mock + "server: { shutdown_delay: 8s }\n", "serve")).ServingAsync();

        await program.TerminateAsync();
        await program.UntilItSaysAsync("Stopping");

        using var health = await program.Http.GetAsync("/health");
        using var call = await program.Http.PostAsync(
            "/v1/chat/completions", new StringContent(Some.ChatRequest("mock/mock-model-v1"), Encoding.UTF8, "application/json"));
        Assert.Equal(HttpStatusCode.ServiceUnavailable, health.StatusCode);
        Assert.Contains("stopping", await health.Content.ReadAsStringAsync(), StringComparison.Ordinal);
        Assert.Equal(HttpStatusCode.OK, call.StatusCode);
        Assert.Equal(0, await program.EndAsync());
    }

    [Fact]
    [Covers("W9")]
    public async Task Check_says_which_proxy_is_used()
    {
        var variables = new Dictionary<string, string>
        {
            ["HTTPS_PROXY"] = "http://me:hidden-password@proxy.example.test:3128",
            ["NO_PROXY"] = "api.groq.com",
        };
        await using var program = await Executable.StartAsync(
            "providers: { openai: { key: k }, groq: { key: k }, mock: {} }\n", variables, "check");

        Assert.Equal(0, await program.EndAsync());
        Assert.Contains(
            "openai is reached through the proxy http://proxy.example.test:3128 (of the environment)",
            program.Said,
            StringComparison.Ordinal);
        Assert.DoesNotContain("groq is reached", program.Said, StringComparison.Ordinal);
        Assert.DoesNotContain("hidden-password", program.Said, StringComparison.Ordinal);
    }

    [Fact]
    [Covers("V2")]
    public async Task Check_fails_where_the_providers_have_lost_their_secrets()
    {
        await using var program = await Executable.StartAsync("server: { keys: [ secret ] }\n", "check");

        Assert.Equal(1, await program.EndAsync());
        Assert.Contains("No provider is enabled", program.Said, StringComparison.Ordinal);
    }

    private static string AddressOf(Executable program) => ListensOn().Match(program.Said).Groups[1].Value;

    /// <summary>The only line on the error stream; also asserts that no stack trace was printed.</summary>
    private static string OnlyLine(Executable program)
    {
        Assert.DoesNotContain("   at ", program.Said, StringComparison.Ordinal);
        return Assert.Single(program.Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries));
    }

    [GeneratedRegex("listens on (http[^\\s]+)")]
    private static partial Regex ListensOn();
}
