using System.Net;
using System.Net.Sockets;
using System.Text;
using Switchyard.Canonical;
using Switchyard.Providers;
using Switchyard.Providers.Catalogue;
using Switchyard.Providers.Http;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Providers;

[Covers("S000-61")]
public sealed class HttpProviderTests
{
    private readonly Dictionary<string, string> _environment = [];

    [Covers("S002-07", "S002-09")]
    [Fact]
    public async Task It_is_reached_as_its_facts_say()
    {
        await using var provider = await ReadyAsync("openai", new ProviderSettings { Type = "openai", ApiKey = $" {Some.Secret} " });
        var endpoint = provider.Endpoint;
        Assert.Equal("https://api.openai.com/v1", endpoint.BaseUrl.AbsoluteUri);
        Assert.Equal([DialectId.OpenAIChat, DialectId.OpenAIResponses], endpoint.Dialects);
        Assert.Equal("max_completion_tokens", endpoint.Quirks.MaxTokensField);
        Assert.Contains(CallOperation.Moderation, endpoint.Operations);
        Assert.Null(endpoint.FirstTokenTimeout);
        Assert.Equal(new("Authorization", $"Bearer {Some.Secret}"), Assert.Single(endpoint.Credentials[0].Headers));
    }

    [Covers("S002-08")]
    [Theory]
    [InlineData("https://example.com/v1/", "https://example.com/v1")]
    [InlineData(" https://example.com/v1// ", "https://example.com/v1")]
    [InlineData("https://example.com/", "https://example.com/")]
    [InlineData("https://example.com//api", "https://example.com/api")]
    [InlineData("https://proxy.example.com/https://example.com//v1", "https://proxy.example.com/https://example.com/v1")]
    [InlineData("http://localhost:8000/v1", "http://localhost:8000/v1")]
    public async Task A_trailing_slash_and_a_doubled_one_are_removed(string written, string expected)
    {
        await using var provider = await ReadyAsync("openai", new ProviderSettings { Type = "openai", ApiKey = "k", BaseUrl = written });
        Assert.Equal(expected, provider.Endpoint.BaseUrl.AbsoluteUri);
    }

    [Covers("S002-38")]
    [Fact]
    public async Task Vllm_needs_no_key_and_has_its_usual_address()
    {
        await using var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm" });
        Assert.Equal("http://127.0.0.1:8000/v1", provider.Endpoint.BaseUrl.AbsoluteUri);
        Assert.Empty(provider.Endpoint.Credentials[0].Headers);
    }

    [Fact]
    public async Task A_vendor_without_a_key_is_refused() =>
        Assert.Equal("API key is required", await FailureAsync("openai", new ProviderSettings { Type = "openai" }));

    [Fact]
    public async Task Placeholders_are_filled_from_settings_or_variables_and_a_missing_one_is_named()
    {
        var settings = new ProviderSettings { Type = "cloudflare", ApiKey = "k" };
        Assert.Equal(
            "Provider 'cloudflare' needs account_id: set CLOUDFLARE_ACCOUNT_ID, or providers.cloudflare.settings.account_id.",
            await FailureAsync("cloudflare", settings));
        _environment["CLOUDFLARE_ACCOUNT_ID"] = "from/env";
        await using (var provider = await ReadyAsync("cloudflare", settings))
            Assert.Equal("https://api.cloudflare.com/client/v4/accounts/from%2Fenv/ai/v1", provider.Endpoint.BaseUrl.AbsoluteUri);
        var given = settings with { Metadata = new Dictionary<string, string> { ["account_id"] = "abc" } };
        await using (var provider = await ReadyAsync("cloudflare", given))
            Assert.Equal("https://api.cloudflare.com/client/v4/accounts/abc/ai/v1", provider.Endpoint.BaseUrl.AbsoluteUri);
    }

    [Fact]
    public async Task A_whole_address_may_come_from_a_variable_and_a_key_may_have_a_header_of_its_own()
    {
        _environment["AZURE_OPENAI_ENDPOINT"] = "https://mine.openai.azure.com/";
        await using var provider = await ReadyAsync("azure-openai", new ProviderSettings { Type = "azure-openai", ApiKey = "k" });
        Assert.Equal("https://mine.openai.azure.com/openai/v1", provider.Endpoint.BaseUrl.AbsoluteUri);
        Assert.Equal(new("api-key", "k"), Assert.Single(provider.Endpoint.Credentials[0].Headers));
    }

    [Fact]
    public async Task An_entry_without_an_address_says_why()
    {
        var settings = new ProviderSettings { Type = "alpaca-network", ApiKey = "k" };
        Assert.StartsWith("Alpaca Network cannot be used: ", await FailureAsync("alpaca-network", settings), StringComparison.Ordinal);
        await using var provider = await ReadyAsync("alpaca-network", settings with { BaseUrl = "https://mine.example.com/v1" });
        Assert.True(provider.IsInitialized);
    }

    [Theory]
    [InlineData("example.com/v1")]
    [InlineData("ftp://example.com")]
    [InlineData("https://user:secret@example.com/v1")]
    [InlineData("https://example.com/v1?key=secret")]
    public async Task An_address_that_is_none_is_refused_without_being_quoted(string address)
    {
        var message = await FailureAsync("openai", new ProviderSettings { Type = "openai", ApiKey = "k", BaseUrl = address });
        Assert.Contains("base_url", message, StringComparison.Ordinal);
        Assert.DoesNotContain("secret", message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task The_users_headers_win_over_the_catalogues_and_over_the_credential()
    {
        var descriptor = ProviderCatalog.Default.Find("openai")! with
        {
            Headers = new Dictionary<string, string> { ["X-Title"] = "catalogue", ["X-Other"] = "o" },
        };
        var settings = new ProviderSettings
        {
            Type = "openai",
            ApiKey = "k",
            Headers = new Dictionary<string, string> { ["x-title"] = "mine", ["authorization"] = "Custom abc" },
        };
        await using var provider = new HttpProvider("openai", descriptor);
        await provider.InitializeAsync(settings, Some.Token);
        Assert.Equal(
            [("authorization", "Custom abc"), ("X-Other", "o"), ("X-Title", "mine")],
            provider.Endpoint.Credentials[0].Headers.Select(h => (h.Key, h.Value)).OrderBy(h => h.Key, StringComparer.OrdinalIgnoreCase));
    }

    [Fact]
    public async Task A_key_that_cannot_be_sent_is_refused_without_being_quoted()
    {
        var message = await FailureAsync("openai", new ProviderSettings { Type = "openai", ApiKey = $"{Some.Secret}\nX-Evil: 1" });
        Assert.Contains("Authorization", message, StringComparison.Ordinal);
        Assert.DoesNotContain(Some.Secret, message, StringComparison.Ordinal);
    }

    [Covers("S001-09", "S004-24", "S004-72")]
    [Fact]
    public async Task The_endpoint_has_the_configured_time_and_the_descriptor_the_catalogues()
    {
        await using var slow = await ReadyAsync("huggingface", new ProviderSettings { Type = "huggingface", ApiKey = "k" });
        Assert.Equal(TimeSpan.FromSeconds(120), slow.Descriptor.FirstTokenTimeout);
        Assert.Null(slow.Endpoint.FirstTokenTimeout);
        await using var mine = await ReadyAsync(
            "huggingface", new ProviderSettings { Type = "huggingface", ApiKey = "k", Timeout = TimeSpan.FromSeconds(7) });
        Assert.Equal(TimeSpan.FromSeconds(7), mine.Endpoint.FirstTokenTimeout);
    }

    [Covers("S000-43", "S002-78")]
    [Theory]
    [InlineData("""{"object":"list","data":[{"id":"m-1","object":"model","created":1700000000,"owned_by":"me","context_window":8192,"x":{"y":[1]}},{"id":"m-2"}]}""")]
    [InlineData("""[{"id":"m-1","created":1700000000,"owned_by":"me","context_length":8192,"pricing":{"input":0.1}},{"id":"m-2"}]""")]
    [InlineData(
        """{"models":[{"name":"models/m-1","created":"2023-11-14T22:13:20Z","owned_by":"me","max_model_len":8192},"m-2",{"x":1},7]}""")]
    public async Task Models_are_read_in_every_shape_vendors_use(string body)
    {
        var handler = ScriptedHandler.Json(body);
        await using var provider = await ReadyAsync(
            "openrouter", new ProviderSettings { Type = "openrouter", ApiKey = Some.Secret, Models = ["m-2", "m-3"] }, handler);
        Assert.False(provider.ServesModel("m-1"));
        var models = await provider.ListModelsAsync(Some.Token);
        Assert.Equal(["m-1", "m-2", "m-3"], models.Select(m => m.Id));
        Assert.Equal("me", models[0].OwnedBy);
        Assert.Equal(8192, models[0].Capabilities.MaxContextTokens);
        Assert.Equal(DateTimeOffset.FromUnixTimeSeconds(1700000000), models[0].Created);
        // The meaning of a name does not depend on an earlier listing of models.
        Assert.False(provider.ServesModel("m-1"));
        Assert.True(provider.ServesModel("m-3"));
        Assert.Equal(
            [ListedBy.Provider, ListedBy.Provider, ListedBy.Configuration], models.Select(model => model.ListedBy));
        var request = Assert.Single(handler.Requests);
        Assert.Equal("https://openrouter.ai/api/v1/models", request.RequestUri!.AbsoluteUri);
        Assert.Equal($"Bearer {Some.Secret}", Assert.Single(request.Headers.GetValues("Authorization")));
    }

    [Theory]
    [InlineData(null, "https://api.cohere.com/v1/models?page_size=1000")]
    [InlineData("https://proxy.example.com/cohere/v2/", "https://proxy.example.com/cohere/v1/models?page_size=1000")]
    public async Task A_list_in_another_version_of_the_api_is_beside_the_address(string? address, string list)
    {
        var handler = ScriptedHandler.Json("""{"models":[{"name":"command-a-03-2025"}]}""");
        await using var provider = await ReadyAsync(
            "cohere", new ProviderSettings { Type = "cohere", ApiKey = "k", BaseUrl = address }, handler);

        Assert.Equal("command-a-03-2025", Assert.Single(await provider.ListModelsAsync(Some.Token)).Id);

        Assert.Equal(list, Assert.Single(handler.Requests).RequestUri!.AbsoluteUri);
    }

    [Theory]
    [InlineData("https://models.github.ai/inference", 1)]
    [InlineData("https://proxy.example.com/v1", 0)]
    public async Task The_key_of_a_users_own_address_is_not_sent_to_the_vendors_list_elsewhere(string? address, int requests)
    {
        var handler = ScriptedHandler.Json("""[{"id":"openai/gpt-4o"}]""");
        await using var provider = await ReadyAsync(
            "github-models", new ProviderSettings { Type = "github-models", ApiKey = Some.Secret, BaseUrl = address }, handler);

        await provider.ListModelsAsync(Some.Token);

        Assert.Equal(requests, handler.Requests.Count);
    }

    [Fact]
    public async Task A_known_model_is_described_without_asking()
    {
        var handler = ScriptedHandler.Json("{}");
        await using var provider = await ReadyAsync("openai", new ProviderSettings { Type = "openai", ApiKey = "k" }, handler);
        Assert.True(await provider.ValidateModelAsync("gpt-4o", Some.Token));
        Assert.True((await provider.GetModelAsync("text-embedding-3-small", Some.Token)).Capabilities.Embedding);
        Assert.Empty(handler.Requests);
        Assert.False(await provider.ValidateModelAsync("nobody", Some.Token));
        Assert.Single(handler.Requests);
    }

    [Covers("S002-40")]
    [Fact]
    public async Task An_answer_other_than_success_is_reported_by_its_status()
    {
        await using var provider = await ReadyAsync(
            "vllm", new ProviderSettings { Type = "vllm" }, ScriptedHandler.Json("no", HttpStatusCode.ServiceUnavailable));
        var error = await Assert.ThrowsAsync<ProviderException>(async () => await provider.ListModelsAsync(Some.Token));
        Assert.Equal("HTTP 503", error.Message);
    }

    [Theory]
    [InlineData("not json")]
    [InlineData("")]
    [InlineData("""{"data":[{"id":"m-1"}""")]
    public async Task An_answer_that_is_no_list_is_an_error(string body)
    {
        await using var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm" }, ScriptedHandler.Json(body));
        await Assert.ThrowsAsync<ProviderException>(async () => await provider.ListModelsAsync(Some.Token));
    }

    [Fact]
    public async Task An_endless_list_is_cut_off()
    {
        var handler = new ScriptedHandler(
            (_, _) => Task.FromResult(new HttpResponseMessage { Content = new StreamContent(new EndlessStream()) }));
        await using var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm" }, handler);
        var error = await Assert.ThrowsAsync<ProviderException>(async () => await provider.ListModelsAsync(Some.Token));
        Assert.Contains("larger than 8 MB", error.Message, StringComparison.Ordinal);
    }

    [Covers("S002-30")]
    [Fact]
    public async Task Asking_for_models_ends_after_five_seconds()
    {
        var clock = new TestClock();
        var handler = new ScriptedHandler(async (_, token) =>
        {
            await Task.Delay(Timeout.Infinite, token);
            throw new InvalidOperationException();
        });
        await using var provider = new HttpProvider(
            "vllm", ProviderCatalog.Default.Find("vllm")!, new ProviderContext { TimeProvider = clock, HandlerFactory = () => handler });
        await provider.InitializeAsync(Some.Settings("vllm"), Some.Token);
        var listing = provider.ListModelsAsync(Some.Token).AsTask();
        await clock.WaitForTimersAsync();
        clock.Advance(TimeSpan.FromSeconds(4.9));
        Assert.False(listing.IsCompleted);
        clock.Advance(TimeSpan.FromSeconds(0.1));
        var error = await Assert.ThrowsAsync<ProviderException>(() => listing);
        Assert.Contains("within 5 s", error.Message, StringComparison.Ordinal);
    }

    [Covers("S000-63")]
    [Fact]
    public async Task An_unreachable_provider_is_reported_without_its_address()
    {
        var handler = new ScriptedHandler(
            (_, _) => throw new HttpRequestException(HttpRequestError.ConnectionError, "refused (internal.host:8000)"));
        await using var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm" }, handler);
        var error = await Assert.ThrowsAsync<ProviderException>(async () => await provider.ListModelsAsync(Some.Token));
        Assert.Equal("Provider 'vllm' could not be reached: ConnectionError.", error.Message);
    }

    [Fact]
    public async Task A_connection_that_is_not_made_in_time_is_reported_as_that_for_a_list_and_for_a_check()
    {
        // As SocketsHttpHandler reports it: no token is cancelled.
        var handler = new ScriptedHandler((_, _) => throw new TaskCanceledException("canceled", new TimeoutException("connect")));
        await using var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm" }, handler);
        const string Expected = "Provider 'vllm' could not be reached: no connection within the connect timeout (timeouts.connect).";

        var list = await Assert.ThrowsAsync<ProviderException>(async () => await provider.ListModelsAsync(Some.Token));
        var check = await Assert.ThrowsAsync<ProviderException>(async () => await provider.CheckReachableAsync(Some.Token));

        Assert.Equal((Expected, Expected), (list.Message, check.Message));
    }

    [Fact]
    public async Task Lists_and_checks_use_the_version_of_HTTP_that_calls_use()
    {
        var handler = ScriptedHandler.Json("""{"data":[]}""");
        await using var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm" }, handler);

        await provider.ListModelsAsync(Some.Token);
        await provider.CheckReachableAsync(Some.Token);

        var asCalls = (HttpVersion.Version11, HttpVersionPolicy.RequestVersionOrLower);
        Assert.All(handler.Requests, request => Assert.Equal(asCalls, (request.Version, request.VersionPolicy)));
        Assert.Equal(2, handler.Requests.Count);
    }

    [Theory]
    [InlineData("HTTP/1.1 302 Found\r\nLocation: /elsewhere\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "HTTP 302")]
    [InlineData("HTTP/1.1 401 Unauthorized\r\nContent-Length: 0\r\nConnection: close\r\n\r\n", "HTTP 401")]
    public async Task Over_a_real_socket_a_redirect_is_not_followed_with_the_credential(string answer, string expected)
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var asked = new List<string>();
        var serving = Task.Run(async () =>
        {
            using var client = await listener.AcceptTcpClientAsync(Some.Token);
            var buffer = new byte[8192];
            var read = await client.GetStream().ReadAsync(buffer, Some.Token);
            asked.Add(Encoding.ASCII.GetString(buffer, 0, read));
            await client.GetStream().WriteAsync(Encoding.ASCII.GetBytes(answer), Some.Token);
        });
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1";
        await using var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm", BaseUrl = address, ApiKey = "k" });
        var error = await Assert.ThrowsAsync<ProviderException>(async () => await provider.ListModelsAsync(Some.Token));
        await serving;
        Assert.Equal(expected, error.Message);
        Assert.StartsWith("GET /v1/models HTTP/1.1\r\n", Assert.Single(asked), StringComparison.Ordinal);
        Assert.Contains("Authorization: Bearer k\r\n", asked[0], StringComparison.Ordinal);
        Assert.DoesNotContain("traceparent", asked[0], StringComparison.OrdinalIgnoreCase);
        Assert.DoesNotContain("Accept-Encoding", asked[0], StringComparison.OrdinalIgnoreCase);
    }

    [Fact]
    public async Task A_port_without_a_listener_is_reported_as_unreachable()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        var address = $"http://127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port}/v1";
        listener.Stop();
        await using var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm", BaseUrl = address });
        var error = await Assert.ThrowsAsync<ProviderException>(async () => await provider.ListModelsAsync(Some.Token));
        Assert.Equal("Provider 'vllm' could not be reached: ConnectionError.", error.Message);
    }

    [Fact]
    public async Task The_configured_dialect_wins()
    {
        await using var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm", Dialect = "openai-responses" });
        Assert.Equal(new DialectId("openai-responses"), Assert.Single(provider.Endpoint.Dialects));
    }

    [Fact]
    public async Task An_encoder_gets_what_the_catalogue_knows_of_the_vendors_model_whatever_the_provider_is_called()
    {
        await using var mine = new HttpProvider("mine", ProviderCatalog.Default.Find("openai")!, new ProviderContext());
        await mine.InitializeAsync(new ProviderSettings { Type = "openai", ApiKey = "k" }, Some.Token);
        await using var local = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm" });

        Assert.Equal(
            (128000, 16384),
            (
                mine.Endpoint.TargetFor("mine", "gpt-4o").Facts.ContextWindow,
                mine.Endpoint.TargetFor("mine", "gpt-4o").Facts.MaxOutputTokens));
        Assert.True(local.Endpoint.TargetFor("local", "openai/gpt-oss-120b").Facts.Reasoning);
        Assert.Same(ModelFacts.Unknown, local.Endpoint.TargetFor("local", "made-up").Facts);
    }

    [Fact]
    public async Task Disposing_it_closes_its_connections()
    {
        var handler = ScriptedHandler.Json("{}");
        var provider = await ReadyAsync("vllm", new ProviderSettings { Type = "vllm" }, handler);
        await provider.DisposeAsync();
        Assert.True(handler.IsDisposed);
        Assert.Throws<ProviderException>(() => provider.Endpoint);
    }

    private async Task<HttpProvider> ReadyAsync(string name, ProviderSettings settings, HttpMessageHandler? handler = null)
    {
        var provider = Make(name, handler);
        await provider.InitializeAsync(settings, Some.Token);
        return provider;
    }

    private async Task<string> FailureAsync(string name, ProviderSettings settings)
    {
        await using var provider = Make(name, null);
        return (await Assert.ThrowsAsync<ProviderException>(async () => await provider.InitializeAsync(settings, Some.Token))).Message;
    }

    private HttpProvider Make(string name, HttpMessageHandler? handler) =>
        new(name, ProviderCatalog.Default.Find(name)!, new ProviderContext
        {
            Environment = _environment.GetValueOrDefault,
            HandlerFactory = handler is null ? null : () => handler,
        });

    private sealed class EndlessStream : MemoryStream
    {
        public override int Read(Span<byte> buffer)
        {
            buffer.Fill((byte)' ');
            return buffer.Length;
        }

        public override ValueTask<int> ReadAsync(Memory<byte> buffer, CancellationToken cancellationToken = default) =>
            new(Read(buffer.Span));
    }
}
