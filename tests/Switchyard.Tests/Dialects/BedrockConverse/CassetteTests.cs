using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.BedrockConverse;

/// <summary>Every recording of this provider.</summary>
public sealed class CassetteTests
{
    [Covers("E3")]
    [Fact]
    public void Recorded_streams_read_the_same_however_they_are_cut() => ForEach(exchange => IsStream(exchange), exchange =>
    {
        var whole = Wire.Frames(exchange.Answer);
        Assert.NotEmpty(whole);
        Assert.Equal(whole, Wire.Frames(exchange.Answer, [.. Enumerable.Range(0, exchange.Answer.Length)]));
        for (var at = 0; at <= exchange.Answer.Length; at++)
            Assert.Equal(whole.Count, Count(exchange.Answer, at));
    });

    [Fact]
    public void Recorded_streams_decode_to_whole_answers() => ForEach(exchange => IsStream(exchange) && IsConverse(exchange), exchange =>
    {
        var (updates, error) = Wire.DecodeStream(exchange.Answer);
        Assert.Null(error);
        var said = Wire.Frames(exchange.Answer).Where(frame => frame.StartsWith("contentBlockDelta|", StringComparison.Ordinal))
            .Select(frame => JsonElement.Parse(frame[(frame.IndexOf('|', StringComparison.Ordinal) + 1)..]).GetProperty("delta"));
        Assert.Equal(
            string.Concat(said.Select(delta => delta.TryGetProperty("text", out var text) ? text.GetString() : "")),
            string.Concat(updates.Select(update => update.Text)));
        var calls = updates.SelectMany(update => update.Contents).OfType<FunctionCallContent>().ToList();
        Assert.Equal(Enumerable.Range(0, calls.Count), calls.Select(call => (int)call.AdditionalProperties![CanonicalKeys.ToolCallIndex]!));
        Assert.All(calls, call => Assert.Null(call.Exception));
        Assert.Equal(exchange.Feature == "converse-stream-tools" && exchange.Index == 0, calls.Count > 0);
        Assert.NotNull(updates.Select(update => update.FinishReason).Last(reason => reason is not null));
        var usage = TokenUsage.From(updates[^1].Contents.OfType<UsageContent>().Single().Details);
        Assert.True(usage is { Input: > 0, Output: > 0 });
    });

    [Covers("U1")]
    [Fact]
    public void Recorded_answers_decode_and_their_totals_agree() =>
        ForEach(exchange => !IsStream(exchange) && exchange.Status == 200, exchange =>
        {
            var body = JsonDiff.Parse(exchange.Answer);
            var answer = Wire.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer));
            var blocks = body.GetProperty("output").GetProperty("message").GetProperty("content");
            Assert.Equal(blocks.GetArrayLength(), answer.Messages[0].Contents.Count);
            Assert.Equal(body.GetProperty("usage").GetProperty("totalTokens").GetInt64(), TokenUsage.From(answer.Usage).Total);
        });

    [Fact]
    public void Recorded_errors_keep_what_they_say() => ForEach(exchange => exchange.Status >= 400, exchange =>
    {
        var error = Wire.Dialect.DecodeError(exchange.Status, exchange.Answer, Wire.Claude);
        Assert.Equal(exchange.Status == 403 ? CallErrorKind.UpstreamAuthenticationFailed : CallErrorKind.UpstreamRejected, error.Kind);
        Assert.Equal(exchange.Status, error.UpstreamStatus);
    });

    [Fact]
    public void A_recorded_answer_goes_back_as_the_history_it_is() =>
        ForEach(exchange => !IsStream(exchange) && exchange.Status == 200, exchange =>
        {
            var answer = Wire.DecodeAnswer(Encoding.UTF8.GetString(exchange.Answer));
            var messages = new List<ChatMessage> { new(ChatRole.User, "q"), answer.Messages[0] };
            var calls = answer.Messages[0].Contents.OfType<FunctionCallContent>().ToList();
            if (calls.Count > 0)
                messages.Add(new ChatMessage(ChatRole.Tool, [.. calls.Select(call => new FunctionResultContent(call.CallId, "r"))]));
            var written = Wire.Encode(messages, null, out var losses);
            Assert.Empty(losses);
            Assert.Empty(JsonDiff.Compare(
                JsonDiff.Parse(exchange.Answer).GetProperty("output").GetProperty("message").GetProperty("content"),
                written.GetProperty("messages")[1].GetProperty("content")));
        });

    private static int Count(byte[] stream, int cut)
    {
        var count = 0;
        Wire.ReadFrames(stream, [cut], _ => ++count > 0);
        return count;
    }

    private static bool IsStream(Exchange exchange) =>
        exchange.Url.AbsolutePath.Contains("stream", StringComparison.Ordinal) && exchange.Status == 200;

    private static bool IsConverse(Exchange exchange) => exchange.Url.AbsolutePath.Contains("converse", StringComparison.Ordinal);

    private static void ForEach(Func<Exchange, bool> which, Action<Exchange> check)
    {
        if (!Cassettes.Available)
            Assert.Skip(Cassettes.Missing);
        var exchanges = Cassettes.Read("bedrock").Where(which).ToList();
        Assert.NotEmpty(exchanges);
        foreach (var exchange in exchanges)
        {
            try
            {
                check(exchange);
            }
            catch (Exception error)
            {
                throw new Xunit.Sdk.XunitException($"{exchange}: {error}");
            }
        }
    }
}
