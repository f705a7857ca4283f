using System.Net.Http.Headers;
using System.Text;
using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Calls;
using Switchyard.Client;
using Switchyard.Cloud.Credentials;
using Switchyard.Configuration;
using Switchyard.Engine;
using Switchyard.Providers;
using Switchyard.TestKit;
using Switchyard.Tests.Dialects.BedrockConverse;
using Switchyard.Tests.Providers;
using Xunit;
using Some = Switchyard.Tests.Providers.Some;

namespace Switchyard.Tests.Cloud;

/// <summary>A whole call through the engine: translated, addressed, signed, and its binary stream read.</summary>
public sealed class SignedCallTests
{
    private const string Secret = "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY";
    private const string Model = "arn:aws:bedrock:us-east-1:1:inference-profile/us.anthropic.claude-sonnet-4-6";

    private readonly TestClock _time = new(new DateTimeOffset(2026, 1, 2, 3, 4, 5, TimeSpan.Zero));

    [Covers("C3")]
    [Fact]
    public async Task A_streamed_call_goes_out_signed_and_comes_back_whole()
    {
        byte[]? sent = null;
        var handler = new ScriptedHandler(async (request, cancellationToken) =>
        {
            sent = await request.Content!.ReadAsByteArrayAsync(cancellationToken);
            return Answer("application/vnd.amazon.eventstream", Wire.Stream(
                Wire.Event("messageStart", """{"role":"assistant"}"""),
                Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":"hel"}}"""),
                Wire.Event("contentBlockDelta", """{"contentBlockIndex":0,"delta":{"text":"lo"}}"""),
                Wire.Event("messageStop", """{"stopReason":"end_turn"}"""),
                Wire.Event("metadata", """{"usage":{"inputTokens":3,"outputTokens":2}}""")));
        });
        await using var services = Services(handler);
        var client = await StartAsync(services);
        var text = new StringBuilder();
        UsageDetails? usage = null;
        await foreach (var update in client.GetStreamingResponseAsync("hi", new ChatOptions { ModelId = $"bedrock/{Model}" }, Some.Token))
        {
            text.Append(update.Text);
            usage = update.Contents.OfType<UsageContent>().FirstOrDefault()?.Details ?? usage;
        }

        Assert.Equal("hello", text.ToString());
        Assert.Equal((3, 2), (usage!.InputTokenCount, usage.OutputTokenCount));
        var request = Assert.Single(handler.Requests);
        Assert.Equal(
            "/model/arn%3Aaws%3Abedrock%3Aus-east-1%3A1%3Ainference-profile%2Fus.anthropic.claude-sonnet-4-6/converse-stream",
            request.RequestUri!.PathAndQuery);
        Assert.Equal("application/vnd.amazon.eventstream", request.Headers.Accept.ToString());
        Assert.Equal("""{"messages":[{"role":"user","content":[{"text":"hi"}]}]}""", Encoding.UTF8.GetString(sent!));

        // The signature covers exactly the bytes that were sent.
        using var again = new HttpRequestMessage(HttpMethod.Post, request.RequestUri) { Content = new ByteArrayContent(sent!) };
        again.Content.Headers.ContentType = new MediaTypeHeaderValue("application/json");
        SignatureV4.Sign(again, sent!, new AwsKeys("AKIDEXAMPLE", Secret, null), "us-east-1", "bedrock", _time.GetUtcNow());
        Assert.Equal(again.Headers.GetValues("Authorization"), request.Headers.GetValues("Authorization"));
    }

    [Covers("E4", "E10")]
    [Fact]
    public async Task An_exception_at_the_beginning_of_the_stream_is_an_error_of_its_kind()
    {
        var handler = new ScriptedHandler((_, _) => Task.FromResult(Answer(
            "application/vnd.amazon.eventstream", Wire.Exception("throttlingException", """{"message":"slow down"}"""))));
        await using var services = Services(handler);
        var client = await StartAsync(services);
        var error = await Assert.ThrowsAsync<CallException>(async () =>
        {
            await foreach (var _ in client.GetStreamingResponseAsync(
                "hi", new ChatOptions { ModelId = "bedrock/amazon.nova-lite-v1:0" }, Some.Token))
            {
            }
        });
        Assert.Equal(CallErrorKind.UpstreamRateLimited, error.Error.Kind);
    }

    [Covers("E10")]
    [Fact]
    public async Task An_error_of_the_front_door_keeps_its_meaning()
    {
        var handler = ScriptedHandler.Json(
            """{"message":"The security token included in the request is invalid."}""", System.Net.HttpStatusCode.Forbidden);
        await using var services = Services(handler);
        var client = await StartAsync(services);
        var error = await Assert.ThrowsAsync<CallException>(
            () => client.GetResponseAsync("hi", new ChatOptions { ModelId = "bedrock/amazon.nova-lite-v1:0" }, Some.Token));
        Assert.Equal((CallErrorKind.UpstreamAuthenticationFailed, 403), (error.Error.Kind, error.Error.UpstreamStatus));
    }

    private ServiceProvider Services(ScriptedHandler handler)
    {
        var services = new ServiceCollection();
        services.AddSingleton<TimeProvider>(_time);
        services.AddSingleton(provider => new ProviderContext
        {
            Environment = _ => null,
            TimeProvider = _time,
            HandlerFactory = () => handler,
            Authorizers = [.. provider.GetServices<IRequestAuthorizerFactory>()],
        });
        services.AddSwitchyard(options =>
        {
            options.Retry.Attempts = 1;
            options.Providers["bedrock"] = new ProviderOptions
            {
                Settings = { ["region"] = "us-east-1", ["access_key_id"] = "AKIDEXAMPLE", ["secret_access_key"] = Secret },
            };
        }).AddSwitchyardCloud();
        return services.BuildServiceProvider();
    }

    private static async Task<SwitchyardChatClient> StartAsync(ServiceProvider services)
    {
        var engine = services.GetRequiredService<SwitchyardEngine>();
        await engine.StartAsync(Some.Token);
        return new SwitchyardChatClient(engine);
    }

    private static HttpResponseMessage Answer(string mediaType, byte[] body) => new()
    {
        Content = new ByteArrayContent(body) { Headers = { ContentType = new MediaTypeHeaderValue(mediaType) } },
    };
}
