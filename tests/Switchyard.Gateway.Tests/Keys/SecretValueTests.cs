using System.Net;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Logging;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Client;
using Switchyard.Configuration;
using Switchyard.Gateway.Tests.Failures;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Keys;

/// <summary>
/// Unusual secrets in every slot of a configuration, and providers that repeat them in every way: none of them reaches a client or a log.
/// </summary>
public sealed class SecretValueTests
{
    private const string Key = "plainsecretvalue777";
    private const string Header = "va\"l\\ue/+=&<x> of header";
    private const string Password = "p@ss:word-0815";
    private const string Setting = "setting~secret~123";
    private const string ClientKey = "client%key%unusual";

    private static readonly string s_basic = Convert.ToBase64String(Encoding.UTF8.GetBytes($"robot:{Password}"));

    private static readonly string[] s_secrets = [Key, Header, Password, s_basic, Setting, ClientKey];

    public static TheoryData<string, string> Pairs => FormatFaultTests.Pairs;

    public static TheoryData<string> Clients => [.. ClientFormat.Names];

    /// <summary>The message of a provider that repeats everything in every encoding.</summary>
    private static string Quotes => string.Join(
        "\n",
        s_secrets.SelectMany(secret => (string[])
        [
            secret, secret.ToUpperInvariant(), Uri.EscapeDataString(secret), Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)),
            JsonSerializer.Serialize(secret), JsonSerializer.Serialize(JsonSerializer.Serialize(secret)),
        ]));

    [Covers("Y1", "H13", "S001-20", "S001-21")]
    [Theory, MemberData(nameof(Pairs))]
    public async Task A_provider_that_quotes_secrets_in_an_error_is_masked_everywhere(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        foreach (var status in (int[])[400, 404, 429, 500, 503])
        {
            foreach (var stream in (bool[])[false, true])
            {
                upstream.ThenJson(
                    format.ErrorBody(Quotes), status, ("x-quoted", Key), ("x-request-id", Key), ("Set-Cookie", $"a={Key}"));
                using var response = await AskAsync(gateway, reader, stream);
                var text = await response.Content.ReadAsStringAsync();
                Assert.Equal(status >= 500 ? 502 : status, (int)response.StatusCode);
                Assert.Contains("***", reader.ReadError(text, (int)response.StatusCode), StringComparison.Ordinal);
                AssertNone(text + response.Headers + response.Content.Headers);
            }
        }

        await AssertNothingElseTellsAsync(gateway);
    }

    [Covers("Y1")]
    [Theory, MemberData(nameof(Pairs))]
    public async Task An_error_event_amid_a_stream_is_masked_however_the_stream_is_cut(string provider, string client)
    {
        var (format, reader) = (ProviderFormat.Of(provider), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, provider);
        var error = format.ErrorFrame($"Denied: {Key} and {Header}");
        byte[] stream = [.. format.Beginning, .. error, .. format.Frames[^1]];
        // For translated streams only every 29th cut: other tests of the reader try every cut.
        var every = provider == client ? 1 : 29;
        var cuts = Enumerable.Range(format.Beginning.Length, error.Length).Where(at => (at - format.Beginning.Length) % every == 0);
        foreach (var cut in (int[])[.. cuts, stream.Length])
        {
            upstream.Then(async http =>
            {
                await format.SendAsync(http, stream.AsMemory(0, cut));
                await format.SendAsync(http, stream.AsMemory(cut));
            });
            using var response = await AskAsync(gateway, reader, stream: true);
            var bytes = await response.Content.ReadAsByteArrayAsync();
            var text = Encoding.UTF8.GetString(bytes);
            Assert.Equal(HttpStatusCode.OK, response.StatusCode);
            Assert.Contains("Hi", text, StringComparison.Ordinal);
            Assert.Contains("***", text, StringComparison.Ordinal);
            AssertNone(text);
            if (provider == client)
                continue;
            reader.ReadStream(bytes, endsWithError: true, out var problems);
            Assert.Empty(problems);
        }

        await AssertNothingElseTellsAsync(gateway);
    }

    [Covers("Y1")]
    [Theory, MemberData(nameof(Clients))]
    public async Task An_error_event_without_a_secret_is_forwarded_byte_for_byte(string client)
    {
        var (format, reader) = (ProviderFormat.Of(client), ClientFormat.Of(client));
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, client);
        byte[] stream = [.. format.Beginning, .. format.ErrorFrame("Overloaded, \"sorry\" \u00e9.")];
        upstream.ThenBytes(stream, format.StreamType);

        using var response = await AskAsync(gateway, reader, stream: true);

        Assert.Equal(stream, await response.Content.ReadAsByteArrayAsync());
    }

    [Covers("H13")]
    [Fact]
    public async Task Type_code_and_param_of_an_error_are_masked_like_its_message()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await StartAsync(upstream, "openai-chat");
        foreach (var secret in (string[])[Key, "sk-unknown-to-us-123456"])
        {
            var quoted = JsonSerializer.Serialize(secret);
            upstream.ThenJson($$$"""{"error":{"message":{{{quoted}}},"type":{{{quoted}}},"code":{{{quoted}}},"param":{{{quoted}}}}}""", 400);
            using var response = await AskAsync(gateway, ClientFormat.Of("openai-chat"), stream: false);
            var error = JsonElement.Parse(await response.Content.ReadAsByteArrayAsync()).GetProperty("error");
            foreach (var member in (string[])["message", "type", "code", "param"])
            {
                Assert.Contains("***", error.GetProperty(member).GetString(), StringComparison.Ordinal);
                Assert.DoesNotContain(secret, error.GetProperty(member).GetString(), StringComparison.Ordinal);
            }
        }
    }

    [Covers("Y1")]
    [Fact]
    public async Task A_client_in_this_process_that_quotes_secrets_is_masked_whole_and_streamed()
    {
        await using var gateway = await StartAsync(
            options => options.Server.Keys = [ClientKey],
            build => build.AddProvider("mine", new QuotingClient()));
        foreach (var stream in (bool[])[false, true])
        {
            using var response = await AskAsync(gateway, ClientFormat.Of("openai-chat"), stream, "mine/any");
            AssertNone(await response.Content.ReadAsStringAsync());
        }

        await AssertNothingElseTellsAsync(gateway);
    }

    /// <summary>The host application logs the engine's exceptions with all inner exceptions.</summary>
    [Covers("S001-21")]
    [Fact]
    public async Task The_cause_of_a_failure_is_masked_like_its_message()
    {
        await using var gateway = await StartAsync(
            options => options.Server.Keys = [ClientKey],
            build => build.AddProvider("mine", new QuotingClient()));

        var failure = await Assert.ThrowsAsync<CallException>(
            () => new SwitchyardChatClient(gateway.Engine, "mine/any").GetResponseAsync("Hello"));

        AssertNone(failure.ToString());
        Assert.Contains("***", failure.InnerException!.Message, StringComparison.Ordinal);
        Assert.Contains(nameof(QuotingClient), failure.InnerException.StackTrace, StringComparison.Ordinal);
    }

    private static async Task AssertNothingElseTellsAsync(GatewayHost gateway)
    {
        AssertNone(await gateway.Http.GetStringAsync("/health"));
        foreach (var path in (string[])["/metrics", "/health/providers"])
        {
            using var asked = new HttpRequestMessage(HttpMethod.Get, path);
            asked.Headers.TryAddWithoutValidation("Authorization", $"Bearer {ClientKey}");
            using var told = await gateway.Http.SendAsync(asked);
            Assert.Equal(HttpStatusCode.OK, told.StatusCode);
            AssertNone(await told.Content.ReadAsStringAsync());
        }

        AssertNone(JsonSerializer.Serialize(gateway.Engine.Registry.LoadErrors));
        foreach (var (_, line) in gateway.Log.Lines)
            AssertNone(line);
    }

    private static void AssertNone(string text)
    {
        foreach (var secret in s_secrets)
        {
            Assert.DoesNotContain(secret, text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(Uri.EscapeDataString(secret), text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(
                Convert.ToBase64String(Encoding.UTF8.GetBytes(secret)).TrimEnd('='), text, StringComparison.OrdinalIgnoreCase);
            Assert.DoesNotContain(JsonSerializer.Serialize(secret).Trim('"'), text, StringComparison.OrdinalIgnoreCase);
        }
    }

    [Covers("S003-100")]
    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task The_settings_of_a_mock_are_not_secret_so_its_errors_keep_their_configured_text(bool stream)
    {
        await using var gateway = await StartAsync(
            options => options.Providers["broken"] = new ProviderOptions
            {
                Type = "mock",
                Settings = { ["success_rate"] = "0", ["error_message"] = "out of order today" },
            },
            build: null);

        var reader = ClientFormat.Of(DialectId.OpenAIChat.Value);
        var response = await gateway.PostAsync(reader.Path("broken/m", stream), reader.Body("broken/m", stream));

        Assert.Contains("out of order today", await response.Content.ReadAsStringAsync(), StringComparison.Ordinal);
    }

    private static Task<HttpResponseMessage> AskAsync(
        GatewayHost gateway, ClientFormat reader, bool stream, string model = "up/some-model") => gateway.PostAsync(
        reader.Path(model, stream), reader.Body(model, stream), ("Authorization", $"Bearer {ClientKey}"));

    private static Task<GatewayHost> StartAsync(FakeUpstream upstream, string dialect) => StartAsync(
        options =>
        {
            options.Server.Keys = [ClientKey];
            options.Providers["up"] = new ProviderOptions
            {
                BaseUrl = upstream.BaseUrl + "/{note}",
                Dialect = dialect,
                Key = Key,
                Headers = { ["x-extra"] = Header, ["x-proxy-authorization"] = $"Basic {s_basic}" },
                Settings = { ["note"] = Setting },
            };
        },
        build: null);

    private static Task<GatewayHost> StartAsync(
        Action<SwitchyardOptions> configure, Action<Switchyard.Hosting.SwitchyardBuilder>? build) =>
        GatewayHost.StartAsync(configure, switchyard =>
        {
            switchyard.Services.AddLogging(logging => logging.SetMinimumLevel(LogLevel.Trace).AddFilter("Microsoft", LogLevel.Information));
            build?.Invoke(switchyard);
        });

    /// <summary>Fails with a secret in its message, immediately or in the middle of its answer.</summary>
    private sealed class QuotingClient : IChatClient
    {
        public Task<ChatResponse> GetResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null, CancellationToken cancellationToken = default) =>
            throw new InvalidOperationException($"Bad key {ClientKey}.");

        public async IAsyncEnumerable<ChatResponseUpdate> GetStreamingResponseAsync(
            IEnumerable<ChatMessage> messages, ChatOptions? options = null,
            [System.Runtime.CompilerServices.EnumeratorCancellation] CancellationToken cancellationToken = default)
        {
            yield return new ChatResponseUpdate(ChatRole.Assistant, "Hi");
            await Task.Yield();
            throw new CallException(new CallError(CallErrorKind.UpstreamUnavailable, $"Bad key {ClientKey}.") { Code = ClientKey });
        }

        public object? GetService(Type serviceType, object? serviceKey = null) => null;

        public void Dispose()
        {
        }
    }
}
