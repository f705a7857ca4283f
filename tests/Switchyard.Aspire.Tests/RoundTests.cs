using Microsoft.Extensions.AI;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Switchyard.Calls;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Aspire.Tests;

/// <summary>Function calling in the application, whose rounds are requests of their own to the gateway.</summary>
public sealed class RoundTests
{
    private const string Key = "key-of-the-application";

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public async Task Under_an_idempotency_key_each_round_of_functions_is_a_request_of_its_own(bool stream)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Keys["aspire"] = new() { Key = Key });
        if (stream)
            upstream.ThenStream(StreamOf("call_1")).ThenStream(StreamOf("call_2")).ThenStream(Some.ChatStream());
        else
            upstream.ThenJson(AnswerOf("call_1")).ThenJson(AnswerOf("call_2")).ThenJson(Some.ChatCompletion("Hi there"));
        var builder = Host.CreateEmptyApplicationBuilder(null);
        builder.Configuration["ConnectionStrings:ai"] = $"Endpoint={new Uri(gateway.Address, "/v1")};Key={Key}";
        builder.AddSwitchyardChatClient("ai").UseFunctionInvocation();
        using var host = builder.Build();
        var chat = host.Services.GetRequiredService<IChatClient>();

        // Once shows the rounds; twice shows that a run that is repeated is answered with what was kept.
        for (var time = 0; time < (stream ? 1 : 2); time++)
        {
            var options = new ChatOptions
            {
                ModelId = "up/some-model",
                Tools = [AIFunctionFactory.Create((string city) => $"snow in {city}", "weather")],
                AdditionalProperties = new() { [AnswerFacts.IdempotencyKey] = "k-1" },
            };
            var answer = stream
                ? await chat.GetStreamingResponseAsync("Weather?", options).ToChatResponseAsync()
                : await chat.GetResponseAsync("Weather?", options);
            Assert.Equal("Hi there", answer.Text);
        }

        Assert.Equal(3, upstream.Requests.Count);
    }

    private static string AnswerOf(string id) => Some.ChatCompletion().Replace(
        "\"content\":\"Hello there!\"", $"\"content\":null,\"tool_calls\":{CallOf(id)}", StringComparison.Ordinal);

    private static string[] StreamOf(string id) =>
    [
        Some.Chunk($$"""{"role":"assistant","content":null,"tool_calls":{{CallOf(id)}}}"""),
        Some.Chunk("{}", "\"tool_calls\""),
        Some.Done,
    ];

    private static string CallOf(string id) =>
        $$$"""[{"index":0,"id":"{{{id}}}","type":"function","function":{"name":"weather","arguments":"{\"city\":\"Oslo\"}"}}]""";
}
