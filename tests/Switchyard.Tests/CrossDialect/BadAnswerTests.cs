using System.Buffers;
using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.BuiltIn;
using Switchyard.Dialects.Framing;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.CrossDialect;

/// <summary>
/// Bad values in the place of each value of a provider's answer, stream or error: the result is an answer or an error of
/// ours, no count is absurd, and no HTML page is passed on. Covers every registered format.
/// </summary>
public sealed class BadAnswerTests
{
    private static readonly EgressTarget s_target = new("acme", "m", ProviderQuirks.None);

    public static TheoryData<string> Formats => [.. BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal)];

    [Fact]
    public void Every_format_of_a_provider_has_an_answer_to_spoil() => Assert.Equal(
        BuiltInDialects.Set.EgressIds.Select(id => id.Value).Order(StringComparer.Ordinal),
        ProviderFormat.Names.Order(StringComparer.Ordinal));

    [Theory, MemberData(nameof(Formats))]
    public void A_whole_answer_with_any_value_spoilt_is_an_answer_or_an_error(string format)
    {
        var dialect = BuiltInDialects.Set.Egress(new(format));
        var faults = new Faults();
        foreach (var body in BadValues.In(Encoding.UTF8.GetBytes(ProviderFormat.Of(format).Whole)))
        {
            faults.Try(body, () =>
            {
                var probe = dialect.CreateProbe(CallOperation.Chat);
                probe.ObserveBody(body);
                faults.Check(body, probe.Usage);
                faults.Check(body, probe.Error);
                var answer = dialect.DecodeAnswer(CallOperation.Chat, body);
                faults.Check(body, answer.Usage);
                foreach (var client in BuiltInDialects.Set.IngressIds)
                {
                    var output = new ArrayBufferWriter<byte>();
                    BuiltInDialects.Set.Ingress(client).EncodeAnswer(answer, Context(), output);
                    faults.Check(body, client, output.WrittenSpan);
                }
            });
        }

        faults.AssertNone();
    }

    [Theory, MemberData(nameof(Formats))]
    public void A_stream_with_any_value_spoilt_is_a_stream_or_an_error(string format)
    {
        var faults = new Faults();
        var frames = FramesOf(format);
        for (var i = 0; i < frames.Count; i++)
        {
            if (frames[i].Data is not [(byte)'{', ..])
                continue;
            foreach (var data in BadValues.In(frames[i].Data))
            {
                var spoilt = frames.ToArray();
                spoilt[i] = (frames[i].Name, data);
                faults.Try(data, () => Play(format, spoilt, data, faults));
            }
        }

        faults.AssertNone();
    }

    [Theory, MemberData(nameof(Formats))]
    public void An_error_with_any_value_spoilt_is_an_error(string format)
    {
        var dialect = BuiltInDialects.Set.Egress(new(format));
        var faults = new Faults();
        foreach (var body in BadValues.In(Encoding.UTF8.GetBytes(ProviderFormat.Of(format).ErrorBody("It failed."))))
        {
            foreach (var status in (ReadOnlySpan<int>)[400, 404, 424, 429, 498, 500, 502, 503])
                faults.Try(body, () => faults.Check(body, dialect.DecodeError(status, body, s_target)));
        }

        faults.AssertNone();
    }

    [Theory, MemberData(nameof(Formats))]
    public void A_page_in_the_place_of_an_errors_message_is_not_passed_on(string format)
    {
        var dialect = BuiltInDialects.Set.Egress(new(format));
        foreach (var said in (ReadOnlySpan<string>)
            [BadValues.Page, "Error: " + BadValues.Page, "  " + BadValues.Page, "upstream:\n<!DOCTYPE html><p>no"])
        {
            foreach (var status in (ReadOnlySpan<int>)[400, 500])
            {
                var whole = dialect.DecodeError(status, Encoding.UTF8.GetBytes(ProviderFormat.Of(format).ErrorBody(said)), s_target);
                Assert.DoesNotContain("<", whole.Message, StringComparison.Ordinal);
                Assert.NotEmpty(whole.Message);
            }

            var (_, error) = Decode(format, ReadFrames(format, ProviderFormat.Of(format).ErrorFrame(said)));
            Assert.NotNull(error);
            Assert.DoesNotContain("<", error.Message, StringComparison.Ordinal);
        }
    }

    [Covers("H13")]
    [Theory, MemberData(nameof(Formats))]
    public void A_key_in_any_part_of_an_error_is_masked(string format)
    {
        var dialect = BuiltInDialects.Set.Egress(new(format));
        var faults = new Faults();
        // The format's own error, and the members that servers add to it.
        foreach (var error in (ReadOnlySpan<string>)
        [
            ProviderFormat.Of(format).ErrorBody("It failed."),
            """{"error":{"message":"m","type":"t","code":"c","param":"p","status":"s"},"message":"m","type":"t","code":"c","error_type":"e"}""",
            """{"message":"m","type":"t","code":"c","param":"p","error_type":"e","__type":"x"}""",
        ])
        {
            foreach (var body in BadValues.Replacing(
                Encoding.UTF8.GetBytes(error), value => value.ValueKind == JsonValueKind.String ? $"\"key {BadValues.Key}\"" : null))
            {
                foreach (var status in (ReadOnlySpan<int>)[400, 404, 498, 500])
                    faults.Try(body, () => faults.Check(body, dialect.DecodeError(status, body, s_target)));
                faults.Try(body, () => faults.Check(body, Decode(format, [("error", body)]).Error));
                faults.Try(body, () => dialect.DecodeAnswer(CallOperation.Chat, body));
            }
        }

        faults.AssertNone();
    }

    private static void Play(string format, (string Name, byte[] Data)[] frames, byte[] spoilt, Faults faults)
    {
        var dialect = BuiltInDialects.Set.Egress(new(format));
        var probe = dialect.CreateProbe(CallOperation.Chat);
        foreach (var (name, data) in frames)
            probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(name), data));
        faults.Check(spoilt, probe.Usage);
        faults.Check(spoilt, probe.Error);

        var (updates, error) = Decode(format, frames);
        faults.Check(spoilt, error);
        foreach (var usage in updates.SelectMany(update => update.Contents).OfType<UsageContent>())
            faults.Check(spoilt, TokenUsage.From(usage.Details));
        foreach (var client in BuiltInDialects.Set.IngressIds)
        {
            var output = new ArrayBufferWriter<byte>();
            var encoder = BuiltInDialects.Set.Ingress(client).CreateStreamEncoder(Context());
            foreach (var update in updates)
                encoder.Encode(update, output);
            if (error is null)
                encoder.Complete(output);
            else
                encoder.Fail(error, output);
            var reader = BuiltInDialects.Set.Egress(DialectId.OpenAIChat).CreateFrameReader();
            reader.Feed(output.WrittenMemory);
            while (client.Value != "plain" && reader.TryRead(out var frame))
            {
                if (frame.Data is [(byte)'{', ..])
                    faults.Check(spoilt, client, frame.Data);
            }
        }
    }

    private static (List<ChatResponseUpdate> Updates, CallError? Error) Decode(
        string format, IReadOnlyList<(string Name, byte[] Data)> frames)
    {
        var decoder = BuiltInDialects.Set.Egress(new(format)).CreateStreamDecoder(CallOperation.Chat);
        var updates = new List<ChatResponseUpdate>();
        foreach (var (name, data) in frames)
        {
            var isException = name.EndsWith("xception", StringComparison.Ordinal);
            if (decoder.Decode(new StreamFrame(Encoding.UTF8.GetBytes(name), data, isException), updates) is { } error)
                return (updates, error);
        }

        return (updates, decoder.Finish(updates));
    }

    private static List<(string Name, byte[] Data)> FramesOf(string format) => ReadFrames(format, ProviderFormat.Of(format).Stream);

    private static List<(string Name, byte[] Data)> ReadFrames(string format, byte[] stream)
    {
        var frames = new List<(string, byte[])>();
        var reader = BuiltInDialects.Set.Egress(new(format)).CreateFrameReader();
        reader.Feed(stream);
        while (reader.TryRead(out var frame))
            frames.Add((Encoding.UTF8.GetString(frame.EventName), frame.Data.ToArray()));
        return frames;
    }

    private static AnswerContext Context() => new()
    {
        Operation = CallOperation.Chat, Model = "m", Created = DateTimeOffset.UnixEpoch, IncludeUsage = true, AnswerId = "chatcmpl-1",
    };

    /// <summary>The failures, each kind once, with the bytes that caused it.</summary>
    private sealed class Faults
    {
        private readonly Dictionary<string, string> _found = [];

        public void Try(byte[] bytes, Action action)
        {
            try
            {
                action();
            }
            catch (CallException exception)
            {
                Check(bytes, exception.Error);
            }
            catch (Exception exception) when (exception is not Xunit.Sdk.XunitException)
            {
                Add(BadValues.Describe(exception), bytes);
            }
        }

        public void Check(byte[] bytes, CallError? error)
        {
            if (error is not null && BadValues.Fault(error) is { } fault)
                Add(fault, bytes);
            if (error?.Kind == CallErrorKind.InvalidRequest && error.UpstreamStatus != 498)
                Add($"the client is blamed: {error.Message}", bytes);
        }

        public void Check(byte[] bytes, TokenUsage usage)
        {
            if (!BadValues.IsPlausible(usage))
                Add($"counts {usage}", bytes);
        }

        public void Check(byte[] bytes, DialectId client, ReadOnlySpan<byte> written)
        {
            if (client.Value == "plain")
                return;
            if (BadValues.AbsurdCount(JsonElement.Parse(written)) is { } absurd)
                Add($"{client} is told {absurd}", bytes);
        }

        public void AssertNone() => Assert.True(
            _found.Count == 0, string.Join('\n', _found.Take(20).Select(fault => $"{fault.Key}\n  from {fault.Value}")));

        private void Add(string fault, byte[] bytes) => _found.TryAdd(fault, Encoding.UTF8.GetString(bytes));
    }
}
