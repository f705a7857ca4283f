using System.Text.Json.Nodes;
using Switchyard.Cloud.Credentials;
using Switchyard.Cloud.Secrets;
using Switchyard.Common;
using Switchyard.Configuration;
using Switchyard.Providers;
using Switchyard.Secrets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Cloud;

/// <summary>The stores over HTTP, against servers on loopback that answer like the real ones and record their requests.</summary>
public sealed class CloudSecretStoreTests : IAsyncLifetime
{
    private static readonly AwsKeys s_keys = new("AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", "the-session");

    private readonly TestClock _clock = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));
    private readonly Dictionary<string, string> _environment = [];
    private readonly SecretRedactor _secrets = new();
    private FakeUpstream _server = null!;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    private string Address => _server.BaseUrl[..^"/v1".Length];

    private ProviderContext Context =>
        new() { TimeProvider = _clock, Environment = _environment.GetValueOrDefault, Secrets = _secrets };

    public async ValueTask InitializeAsync() => _server = await FakeUpstream.StartAsync();

    public ValueTask DisposeAsync() => _server.DisposeAsync();

    [Covers("S001-15")]
    [Fact]
    public async Task Secrets_Manager_is_asked_with_a_signature_that_covers_the_target()
    {
        using var store = Aws(new() { Endpoint = Address, Prefix = "/gateway/" });
        _server.ThenJson("""{"SecretString":"the-key"}""");

        Assert.Equal("the-key", await store.GetAsync("provider:openai:apiKey", Token));

        var seen = _server.LastRequest;
        Assert.Equal("secretsmanager.GetSecretValue", seen.Headers["X-Amz-Target"]);
        Assert.Equal("application/x-amz-json-1.1", seen.Headers["Content-Type"]);
        Assert.Equal("the-session", seen.Headers["x-amz-security-token"]);
        Assert.Equal("""{"SecretId":"/gateway/provider-openai-apiKey"}""", seen.Text);
        AssertSigned(seen, "secretsmanager");
    }

    [Fact]
    public async Task The_parameter_store_is_asked_for_the_decrypted_value()
    {
        using var store = Aws(new() { Endpoint = Address, Service = "ssm" });
        _server.ThenJson("""{"Parameter":{"Name":"a","Value":"the-key"}}""");

        Assert.Equal("the-key", await store.GetAsync("keys/openai", Token));

        Assert.Equal("AmazonSSM.GetParameter", _server.LastRequest.Headers["X-Amz-Target"]);
        Assert.Equal("""{"Name":"keys/openai","WithDecryption":true}""", _server.LastRequest.Text);
        AssertSigned(_server.LastRequest, "ssm");
    }

    [Theory]
    [InlineData("secretsmanager", "com.amazonaws.secretsmanager#ResourceNotFoundException")]
    [InlineData("ssm", "ParameterNotFound")]
    public async Task What_AWS_does_not_have_is_nothing_and_what_it_refuses_is_a_failure(string service, string type)
    {
        using var store = Aws(new() { Endpoint = Address, Service = service });
        _server.ThenJson($$"""{"__type":"{{type}}","Message":"no"}""", 400);
        Assert.Null(await store.GetAsync("absent", Token));

        _server.ThenJson("""{"__type":"AccessDeniedException","Message":"arn:secret is not yours"}""", 400);
        var refused = await Assert.ThrowsAsync<SecretStoreException>(() => store.GetAsync("openai", Token).AsTask());
        Assert.Equal("aws answered 400 AccessDeniedException for 'openai'.", refused.Message);
    }

    [Fact]
    public async Task A_new_secret_of_AWS_is_created_where_there_is_none_to_write()
    {
        using var store = Aws(new() { Endpoint = Address });
        _server.ThenJson("""{"__type":"ResourceNotFoundException"}""", 400).ThenJson("{}");

        await store.SetAsync("openai", "the-key", Token);
        await store.DeleteAsync("openai", Token);

        Assert.Equal(
            ["secretsmanager.PutSecretValue", "secretsmanager.CreateSecret", "secretsmanager.DeleteSecret"],
            _server.Requests.Select(request => request.Headers["X-Amz-Target"]));
        Assert.Equal("the-key", (string?)JsonNode.Parse(_server.Requests[1].Text)!["SecretString"]);
        Assert.NotNull(JsonNode.Parse(_server.Requests[1].Text)!["ClientRequestToken"]);
    }

    [Fact]
    public async Task A_field_of_a_secret_that_is_JSON_is_named_after_a_number_sign()
    {
        using var store = Aws(new() { Endpoint = Address });
        _server.ThenJson("""{"SecretString":"{\"openai\":\"the-key\",\"port\":1}"}""");

        Assert.Equal("the-key", await store.GetAsync("team/keys#openai", Token));
        Assert.Equal("1", await store.GetAsync("team/keys#port", Token));
        Assert.Null(await store.GetAsync("team/keys#absent", Token));
        Assert.Contains("\"team/keys\"", _server.LastRequest.Text, StringComparison.Ordinal);
        await Assert.ThrowsAsync<SecretStoreException>(() => store.SetAsync("team/keys#openai", "x", Token).AsTask());
        _server.ThenJson("""{"SecretString":"very-secret-text"}""");
        var unfit = await Assert.ThrowsAsync<SecretStoreException>(() => store.GetAsync("team/keys#openai", Token).AsTask());
        Assert.DoesNotContain("very-secret", unfit.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_key_vault_is_asked_by_a_name_it_allows_with_a_token_that_is_masked()
    {
        using var store = new AzureSecretStore(new() { Vault = Address, Prefix = "gw-" }, Bearer("azure"), Context);
        _server.ThenJson("""{"value":"the-key"}""");

        Assert.Equal("the-key", await store.GetAsync("provider:openai:apiKey", Token));

        Assert.Equal("/secrets/gw-provider-openai-apiKey?api-version=7.4", _server.LastRequest.Path);
        Assert.Equal("Bearer token-of-azure", _server.LastRequest.Headers["Authorization"]);
        Assert.Equal("***", _secrets.Redact("token-of-azure"));
        _server.ThenJson("""{"error":{"code":"SecretNotFound"}}""", 404);
        Assert.Null(await store.GetAsync("absent", Token));
        _server.ThenJson("""{"error":{"code":"Forbidden","message":"the principal"}}""", 403);
        var refused = await Assert.ThrowsAsync<SecretStoreException>(() => store.GetAsync("a", Token).AsTask());
        Assert.Equal("azure answered 403 Forbidden for 'a': its credentials do not allow this.", refused.Message);
        _server.ThenJson("{}");
        await store.SetAsync("a", "value", Token);
        Assert.Equal(("PUT", """{"value":"value"}"""), (_server.LastRequest.Method, _server.LastRequest.Text));
        await store.DeleteAsync("a", Token);
        Assert.Equal("DELETE", _server.LastRequest.Method);
    }

    [Theory]
    [InlineData("https://mine.vault.azure.net", "https://vault.azure.net/.default")]
    [InlineData("https://mine.vault.azure.cn/", "https://vault.azure.cn/.default")]
    [InlineData("https://vault.internal", "https://vault.azure.net/.default")]
    public void A_token_is_for_the_cloud_the_vault_is_in(string vault, string scope) =>
        Assert.Equal(scope, AzureSecretStore.ScopeOf(new Uri(vault)));

    [Fact]
    public async Task The_latest_version_is_asked_of_Google_and_a_new_secret_is_made_before_its_first()
    {
        using var store = new GoogleSecretStore(new() { Endpoint = Address }, "my-project", Bearer("google"), Context);
        _server.ThenJson($$$"""{"payload":{"data":"{{{Convert.ToBase64String("the-key"u8)}}}"}}""");

        Assert.Equal("the-key", await store.GetAsync("provider:openai:apiKey", Token));
        Assert.Equal(
            "/v1/projects/my-project/secrets/provider-openai-apiKey/versions/latest:access", _server.LastRequest.Path);
        Assert.Equal("Bearer token-of-google", _server.LastRequest.Headers["Authorization"]);

        _server.ThenJson("""{"error":{"status":"NOT_FOUND"}}""", 404);
        Assert.Null(await store.GetAsync("absent", Token));
        _server.ThenJson("""{"error":{"status":"NOT_FOUND"}}""", 404).ThenJson("{}");
        await store.SetAsync("a", "value", Token);
        Assert.Equal(
            ["/v1/projects/my-project/secrets/a:addVersion", "/v1/projects/my-project/secrets?secretId=a",
                "/v1/projects/my-project/secrets/a:addVersion"],
            _server.Requests.TakeLast(3).Select(request => request.Path));
        Assert.Equal($$$"""{"payload":{"data":"{{{Convert.ToBase64String("value"u8)}}}"}}""", _server.LastRequest.Text);
        await store.DeleteAsync("a", Token);
        Assert.Equal("DELETE", _server.LastRequest.Method);
    }

    [Theory]
    [InlineData(2, "/v1/kv/data/gateway/provider%3Aopenai%3AapiKey", """{"data":{"data":{"value":"the-key","more":"x"}}}""")]
    [InlineData(1, "/v1/kv/gateway/provider%3Aopenai%3AapiKey", """{"data":{"value":"the-key","more":"x"}}""")]
    [InlineData(2, "/v1/kv/data/gateway/provider%3Aopenai%3AapiKey", """{"data":{"data":{"the-only-field":"the-key"}}}""")]
    public async Task Vault_is_asked_under_its_mount_in_both_versions(int version, string path, string answer)
    {
        _environment["VAULT_NAMESPACE"] = "team";
        using var store = Vault(new() { Mount = "kv", Version = version, Prefix = "gateway/", Token = "hvs.token" });
        _server.ThenJson(answer);

        Assert.Equal("the-key", await store.GetAsync("provider:openai:apiKey", Token));

        var seen = _server.LastRequest;
        Assert.Equal(
            path, Uri.UnescapeDataString(seen.Path) == seen.Path ? seen.Path.Replace(":", "%3A", StringComparison.Ordinal) : seen.Path);
        Assert.Equal(("hvs.token", "team", "true"),
            (seen.Headers["X-Vault-Token"], seen.Headers["X-Vault-Namespace"], seen.Headers["X-Vault-Request"]));
    }

    [Fact]
    public async Task Vault_says_nothing_where_it_has_nothing_and_its_refusals_are_failures()
    {
        using var store = Vault(new() { Token = "hvs.token" });
        _server.ThenJson("""{"errors":[]}""", 404);
        Assert.Null(await store.GetAsync("absent", Token));
        _server.ThenJson("""{"errors":["permission denied"]}""", 403);
        var refused = await Assert.ThrowsAsync<SecretStoreException>(() => store.GetAsync("a", Token).AsTask());
        Assert.Equal("vault answered 403 (permission denied) for 'a': its credentials do not allow this.", refused.Message);
        _server.ThenJson("""{"errors":["Vault is sealed"]}""", 503);
        refused = await Assert.ThrowsAsync<SecretStoreException>(() => store.GetAsync("a", Token).AsTask());
        Assert.Equal("vault answered 503 (Vault is sealed) for 'a'.", refused.Message);
    }

    [Fact]
    public async Task Writing_to_Vault_keeps_the_other_fields_of_a_secret()
    {
        using var store = Vault(new() { Token = "hvs.token" });
        _server.ThenJson("""{"data":{"data":{"value":"old","other":"stays"}}}""").ThenJson("{}");

        await store.SetAsync("team#value", "new", Token);

        Assert.Equal(("POST", "/v1/secret/data/team"), (_server.LastRequest.Method, _server.LastRequest.Path));
        Assert.Equal("""{"data":{"value":"new","other":"stays"}}""", _server.LastRequest.Text);
        await store.DeleteAsync("team", Token);
        Assert.Equal(("DELETE", "/v1/secret/data/team"), (_server.LastRequest.Method, _server.LastRequest.Path));
    }

    [Theory]
    [InlineData("approle", "/v1/auth/approle/login", """{"role_id":"the-role","secret_id":"the-secret-id"}""")]
    [InlineData("kubernetes", "/v1/auth/kubernetes/login", """{"role":"gateway","jwt":"service-token"}""")]
    public async Task Vault_is_signed_in_to_and_again_before_its_token_expires(string way, string path, string body)
    {
        using var folder = new TemporaryFolder();
        _environment["VAULT_ROLE_ID"] = "the-role";
        _environment["VAULT_SECRET_ID"] = "the-secret-id";
        using var store = Vault(way == "approle"
            ? new() { Auth = way }
            : new() { Role = "gateway", TokenFile = folder.Write("token", "service-token\n") });
        var logins = 0;
        _server.Then((http, seen) => FakeUpstream.WriteAsync(
            http, 200, "application/json", seen.Path.EndsWith("/login", StringComparison.Ordinal)
                ? $$$"""{"auth":{"client_token":"hvs.token-{{{Interlocked.Increment(ref logins)}}}","lease_duration":3600}}"""
                : """{"data":{"data":{"value":"the-key"}}}"""));

        Assert.Equal("the-key", await store.GetAsync("a", Token));
        Assert.Equal((path, body), (_server.Requests[0].Path, _server.Requests[0].Text));
        Assert.Equal("hvs.token-1", _server.LastRequest.Headers["X-Vault-Token"]);
        Assert.Equal("***", _secrets.Redact("hvs.token-1"));

        await store.GetAsync("a", Token);
        Assert.Equal(1, logins);
        _clock.Advance(TimeSpan.FromMinutes(60));
        await store.GetAsync("a", Token);
        Assert.Equal("hvs.token-2", _server.LastRequest.Headers["X-Vault-Token"]);
    }

    [Theory]
    [InlineData(403, 2)]
    [InlineData(200, 1)]
    public async Task A_token_that_Vault_has_revoked_is_signed_in_for_again_and_one_that_may_not_read_is_kept(int own, int logins)
    {
        var signedIn = 0;
        _server.Then((http, seen) => seen.Path switch
        {
            "/v1/auth/approle/login" => FakeUpstream.WriteAsync(
                http, 200, "application/json",
                $$$"""{"auth":{"client_token":"hvs.token-{{{Interlocked.Increment(ref signedIn)}}}","lease_duration":2764800}}"""),
            "/v1/auth/token/lookup-self" => FakeUpstream.WriteAsync(http, own, "application/json", "{}"),
            _ when seen.Headers["X-Vault-Token"] == "hvs.token-1" =>
                FakeUpstream.WriteAsync(http, 403, "application/json", """{"errors":["permission denied"]}"""),
            _ => FakeUpstream.WriteAsync(http, 200, "application/json", """{"data":{"data":{"value":"the-key"}}}"""),
        });
        using var store = Vault(new() { Auth = "approle", RoleId = "the-role-id", SecretId = "the-secret-id" });

        if (own == 403)
            Assert.Equal("the-key", await store.GetAsync("a", Token));
        else
            Assert.Contains("permission denied", (await FailureAsync(store)).Message, StringComparison.Ordinal);

        Assert.Equal(logins, signedIn);
    }

    [Fact]
    public async Task A_store_on_this_machine_is_reached_without_the_proxy()
    {
        var context = Context with { Proxy = new System.Net.WebProxy("http://127.0.0.1:1") };
        using var vault = new VaultSecretStore(new() { Token = "hvs.token" }, new Uri(Address + "/"), context);
        using var azure = new AzureSecretStore(new() { Vault = Address }, Bearer("azure"), context);
        _server.ThenJson("""{"data":{"data":{"value":"the-key"}}}""").ThenJson("""{"value":"the-key"}""");

        Assert.Equal("the-key", await vault.GetAsync("a", Token));
        Assert.Equal("the-key", await azure.GetAsync("a", Token));
    }

    [Fact]
    public async Task A_sign_in_that_is_refused_says_so_without_what_was_sent()
    {
        using var store = Vault(new() { Auth = "approle", RoleId = "the-role-id", SecretId = "the-secret-id" });
        _server.ThenJson("""{"errors":["invalid secret id the-secret-id"]}""", 400);

        var refused = await Assert.ThrowsAnyAsync<Exception>(() => store.GetAsync("a", Token).AsTask());

        Assert.Contains("Vault refused to sign in with approle: it answered 400", refused.ToString(), StringComparison.Ordinal);
        Assert.DoesNotContain("the-secret-id", refused.ToString(), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_redirect_is_not_followed_and_what_is_no_JSON_is_said()
    {
        using var store = Vault(new() { Token = "hvs.token" });
        _server.ThenJson("{}", 307, ("Location", "http://127.0.0.1:1/elsewhere"));
        Assert.Contains("vault answered 307", (await FailureAsync(store)).Message, StringComparison.Ordinal);
        _server.ThenBytes("<html>"u8.ToArray(), "text/html");
        Assert.Contains("answered something that is not JSON", (await FailureAsync(store)).Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_store_that_cannot_be_reached_is_named_with_the_reason()
    {
        using var store = new VaultSecretStore(new() { Token = "hvs.token" }, new Uri("http://127.0.0.1:1/"), Context);

        Assert.Equal("vault at 127.0.0.1 could not be reached: ConnectionError.", (await FailureAsync(store)).Message);
    }

    [Theory]
    [InlineData("vault", "Vault needs its address, which begins with http:// or https://: set VAULT_ADDR, or secrets.vault.address.")]
    [InlineData("vault-token", "Vault needs a way to sign in: set VAULT_TOKEN, secrets.vault.token")]
    [InlineData("aws", "The secret store 'aws' needs a region: set AWS_REGION, or secrets.aws.region.")]
    [InlineData("google", "The secret store 'google' needs a project: set GOOGLE_CLOUD_PROJECT, or secrets.google.project.")]
    public void What_a_store_lacks_is_said_before_the_first_question(string store, string problem)
    {
        var options = store switch
        {
            "vault" => new SecretsOptions { Vault = new() },
            "vault-token" => new SecretsOptions { Vault = new() { Address = Address } },
            "aws" => new SecretsOptions { Aws = new() },
            _ => new SecretsOptions { Google = new() },
        };
        ISecretStoreFactory[] factories =
            [new VaultSecretStoreFactory(), new AwsSecretStoreFactory(), new AzureSecretStoreFactory(), new GoogleSecretStoreFactory()];

        var refused = Assert.Throws<SecretStoreException>(() => factories.Select(factory => factory.Create(options, Context)).ToList());

        Assert.StartsWith(problem, refused.Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("vault", "vault:8200", "Vault needs its address")]
    [InlineData("vault", " ", "Vault needs its address")]
    [InlineData("aws", "", "The secret store 'aws' needs a region")]
    [InlineData("aws", "eu west", "The secret store 'aws' cannot use the region 'eu west'")]
    [InlineData("google", " ", "The secret store 'google' needs a project")]
    public void A_variable_that_is_blank_or_no_part_of_an_address_is_refused(string store, string variable, string problem)
    {
        var options = store switch
        {
            "vault" => new SecretsOptions { Vault = new() { Token = "hvs.token" } },
            "aws" => new SecretsOptions { Aws = new() },
            _ => new SecretsOptions { Google = new() },
        };
        ISecretStoreFactory factory = store switch
        {
            "vault" => new VaultSecretStoreFactory(),
            "aws" => new AwsSecretStoreFactory(),
            _ => new GoogleSecretStoreFactory(),
        };

        var refused = Assert.Throws<SecretStoreException>(() => factory.Create(options, Context with { Environment = _ => variable }));

        Assert.StartsWith(problem, refused.Message, StringComparison.Ordinal);
    }

    private static async Task<SecretStoreException> FailureAsync(VaultSecretStore store) =>
        await Assert.ThrowsAsync<SecretStoreException>(() => store.GetAsync("a", Token).AsTask());

    /// <summary>Signs the received request again, as a server does to check a signature.</summary>
    private void AssertSigned(SeenRequest seen, string service)
    {
        using var again = new HttpRequestMessage(new HttpMethod(seen.Method), Address + seen.Path)
        {
            Content = new ByteArrayContent(seen.Body),
        };
        again.Content.Headers.TryAddWithoutValidation("Content-Type", seen.Headers["Content-Type"]);
        again.Headers.TryAddWithoutValidation("X-Amz-Target", seen.Headers["X-Amz-Target"]);
        SignatureV4.Sign(again, seen.Body, s_keys, "eu-central-1", service, _clock.GetUtcNow());
        Assert.Equal(Assert.Single(again.Headers.GetValues("Authorization")), seen.Headers["Authorization"]);
        Assert.Contains(
            "SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target", seen.Headers["Authorization"],
            StringComparison.Ordinal);
    }

    private AwsSecretStore Aws(AwsSecretsOptions options) => new(
        options,
        "eu-central-1",
        new Renewed<AwsKeys>(_ => new(new Lease<AwsKeys>(s_keys, DateTimeOffset.MaxValue, DateTimeOffset.MaxValue)), _clock),
        Context);

    private VaultSecretStore Vault(VaultSecretsOptions options) => new(options, new Uri(Address + "/"), Context);

    private Renewed<string> Bearer(string cloud) => StoreCredential.Token(
        cloud, "", _ => new(new Lease<string>($"token-of-{cloud}", DateTimeOffset.MaxValue, DateTimeOffset.MaxValue)), Context);
}
