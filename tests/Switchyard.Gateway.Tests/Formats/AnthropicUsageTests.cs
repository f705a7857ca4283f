using System.Text;
using System.Text.Json;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Formats;

/// <summary>
/// The token counts in a translated stream of Anthropic messages. Other providers count at the end, after <c>message_start</c> was sent
/// with zeros; clients replace them by the counts of the last <c>message_delta</c>: Anthropic's own libraries by any number, Claude Code by
/// one above zero.
/// </summary>
public sealed class AnthropicUsageTests
{
    public static TheoryData<string> Providers => [.. ProviderFormat.Names.Where(name => name != "anthropic-messages")];

    [Theory, MemberData(nameof(Providers))]
    public async Task The_last_delta_of_a_stream_has_the_counts_of_the_prompt_and_of_the_answer(string provider)
    {
        var format = ProviderFormat.Of(provider);

        var (start, end) = await UsageAsync(provider, format.Stream, format.StreamType);

        Assert.Equal((0, 0), (Of(start, "input_tokens"), Of(start, "output_tokens")));
        Assert.Equal((9, 2), (Of(end, "input_tokens"), Of(end, "output_tokens")));
        // Present and never null: clients add them up.
        Assert.Equal((0, 0), (Of(end, "cache_read_input_tokens"), Of(end, "cache_creation_input_tokens")));
    }

    [Fact]
    public async Task Cached_tokens_are_counted_apart_from_the_others_in_the_last_delta()
    {
        var stream = string.Concat(Some.ChatStream(usage: true)).Replace(
            "\"prompt_tokens\":9,", "\"prompt_tokens\":9,\"prompt_tokens_details\":{\"cached_tokens\":7},", StringComparison.Ordinal);

        var (_, end) = await UsageAsync("openai-chat", Encoding.UTF8.GetBytes(stream), "text/event-stream");

        Assert.Equal((2, 7), (Of(end, "input_tokens"), Of(end, "cache_read_input_tokens")));
    }

    private static async Task<(JsonElement Start, JsonElement End)> UsageAsync(string provider, byte[] stream, string type)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var gateway = await GatewayHost.StartAsync(upstream, options => options.Providers["up"].Dialect = provider);
        upstream.ThenBytes(stream, type);
        using var response = await ClientFormat.Of("anthropic-messages").AskAsync(gateway, stream: true);
        var events = (await response.Content.ReadAsStringAsync()).Split('\n')
            .Where(line => line.StartsWith("data: ", StringComparison.Ordinal)).Select(line => JsonElement.Parse(line[6..])).ToList();
        var start = events.Single(one => one.GetProperty("type").ValueEquals("message_start"));
        var end = events.Last(one => one.GetProperty("type").ValueEquals("message_delta"));
        return (start.GetProperty("message").GetProperty("usage"), end.GetProperty("usage"));
    }

    private static int Of(JsonElement usage, string name) => usage.GetProperty(name).GetInt32();
}
