using System.Net;
using System.Text;
using Switchyard.Server.Composition;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Server;

/// <summary>The address and the key that the commands for a running gateway use.</summary>
public sealed class AdminClientTests
{
    [Theory]
    [InlineData("http://127.0.0.1:8080", "http://127.0.0.1:8080")]
    [InlineData("http://127.0.0.1:8080/", "http://127.0.0.1:8080")]
    [InlineData("https://ai.example.com/gateway", "https://ai.example.com/gateway")]
    [InlineData("https://ai.example.com/gateway/", "https://ai.example.com/gateway")]
    public async Task A_request_goes_below_the_gateways_own_path(string gateway, string expected)
    {
        var stop = TestContext.Current.CancellationToken;
        using var seen = new Seen();
        using var http = new HttpMessageInvoker(seen);
        using var client = new AdminClient(http, new Uri(gateway), "a-key");

        await client.SendAsync(HttpMethod.Get, "/admin/keys/a%2Fb", null, stop);
        await client.ReadTextAsync("/admin/config/export", stop);
        await client.ListAsync("/admin/limits?blocked=true", 5, stop);

        Assert.Equal(
            [$"{expected}/admin/keys/a%2Fb", $"{expected}/admin/config/export", $"{expected}/admin/limits?blocked=true&limit=5"],
            seen.Addresses);
    }

    [Fact]
    public async Task A_gateway_on_this_machine_is_known_by_the_certificate_of_its_configuration_and_by_no_other()
    {
        using var files = new CertificateFolder();
        using var others = new CertificateFolder();
        await using var gateway = await Executable.StartAsync(Yaml(files), "serve", "--urls", "https://127.0.0.1:0");
        await gateway.UntilItSaysAsync("curl ");
        var address = gateway.Said.Split("listens on ")[1].Split('\n', ';')[0].Trim();

        await using var own = await Executable.StartAsync(Yaml(files), "cache", "--url", address);
        await using var other = await Executable.StartAsync(Yaml(others), "cache", "--url", address);

        Assert.True(await own.EndAsync() == 0, own.Errors);
        Assert.Equal(1, await other.EndAsync());
        Assert.Contains("Pass --url with the name that its certificate is for.", other.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("inner exception", other.Errors, StringComparison.Ordinal);
    }

    /// <summary>Without an authority, a ping of this machine takes any certificate.</summary>
    [Fact]
    public async Task A_ping_trusts_only_the_authority_that_is_named_and_the_error_says_what_is_wrong()
    {
        using var files = new CertificateFolder();
        using var others = new CertificateFolder();
        await using var gateway = await Executable.StartAsync(Yaml(files), "serve", "--urls", "https://127.0.0.1:0");
        await gateway.UntilItSaysAsync("curl ");
        var port = new Uri(gateway.Said.Split("listens on ")[1].Split('\n', ';')[0].Trim()).Port;
        string[] asking = ["ping", "--url", $"https://localhost:{port}", "--timeout", "1m", "--cacert"];

        await using var known = await Executable.StartAsync(Yaml(files), (string[])[.. asking, files.Authority]);
        await using var other = await Executable.StartAsync(Yaml(files), (string[])[.. asking, others.Authority]);

        Assert.True(await known.EndAsync() == 0, known.Errors);
        Assert.Equal(1, await other.EndAsync());
        Assert.Contains("cannot be reached: The remote certificate", other.Errors, StringComparison.Ordinal);
        Assert.DoesNotContain("inner exception", other.Errors, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("keys", "list")]
    [InlineData("cache")]
    public async Task A_gateway_with_a_certificate_of_a_private_authority_is_reached_if_that_is_named(params string[] command)
    {
        using var files = new CertificateFolder();
        using var others = new CertificateFolder();
        var yaml = $"{Yaml(files)}\nstorage: {{ ledger: \"sqlite:{Path.GetDirectoryName(files.Authority)}/keys.db\" }}\n";
        await using var gateway = await Executable.StartAsync(yaml, "serve", "--urls", "https://127.0.0.1:0");
        await gateway.UntilItSaysAsync("curl ");
        var port = new Uri(gateway.Said.Split("listens on ")[1].Split('\n', ';')[0].Trim()).Port;
        string[] asking = [.. command, "--url", $"https://localhost:{port}"];

        await using var known = await AskAsync("--cacert", files.Authority);
        await using var unknown = await AskAsync();
        await using var other = await AskAsync("--cacert", others.Authority);
        await using var missing = await AskAsync("--cacert", $"{files.Authority}.not");

        Assert.True(await known.EndAsync() == 0, known.Errors);
        Assert.Equal((1, 1, 1), (await unknown.EndAsync(), await other.EndAsync(), await missing.EndAsync()));
        Assert.Contains("--cacert FILE", unknown.Errors, StringComparison.Ordinal);
        Assert.Contains("of --cacert cannot be used", missing.Errors, StringComparison.Ordinal);

        Task<Executable> AskAsync(params string[] more) => Executable.StartAsync(
            "providers: { mock: {} }\nadmin: { key: an-admin-key-of-some-length }\n",
            new Dictionary<string, string> { ["SWITCHYARD_ADMIN_KEY"] = "an-admin-key-of-some-length" }, [.. asking, .. more]);
    }

    /// <summary>A gateway with a certificate of its own.</summary>
    private static string Yaml(CertificateFolder files) => $$"""
        providers: { mock: {} }
        admin: { key: an-admin-key-of-some-length }
        server: { tls: { certificate: "{{files.ServerCertificate}}", key: "{{files.ServerKey}}" } }
        """;

    private sealed class Seen : HttpMessageHandler
    {
        public List<string> Addresses { get; } = [];

        protected override Task<HttpResponseMessage> SendAsync(HttpRequestMessage request, CancellationToken cancellationToken)
        {
            Addresses.Add(request.RequestUri!.AbsoluteUri);
            return Task.FromResult(new HttpResponseMessage(HttpStatusCode.OK)
            {
                Content = new StringContent("""{"data":[],"next":null}""", Encoding.UTF8, "application/json"),
            });
        }
    }
}
