using System.Text;
using System.Text.Json;
using Microsoft.Extensions.AI;
using Switchyard.Calls;
using Switchyard.Client.Media;
using Switchyard.TestKit;
using Xunit;

#pragma warning disable MEAI001 // Experimental in Microsoft.Extensions.AI.

namespace Switchyard.Tests.Client;

public sealed class SpeechClientTests
{
    private static readonly byte[] s_wave = [.. "RIFF\u0004\0\0\0WAVE"u8, 1, 2, 3];

    [Fact]
    public async Task Speech_becomes_text_with_usage_and_facts()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson("""{"text":"Hello there","duration":1.5,"usage":{"type":"tokens","input_tokens":14,"output_tokens":3,"total_tokens":17}}""");
        using var client = new SwitchyardSpeechToTextClient(given.Engine, "up/listener");

        var text = await client.GetTextAsync(new MemoryStream(s_wave), new SpeechToTextOptions
        {
            SpeechLanguage = "en",
            SpeechSampleRate = 16_000,
            AdditionalProperties = new() { ["temperature"] = 0.5, ["prompt"] = "names: Ann\r\n\"x\"" },
        });

        Assert.Equal("Hello there", text.Text);
        Assert.Equal((14, 3), (text.Usage!.InputTokenCount, text.Usage.OutputTokenCount));
        Assert.Equal(TimeSpan.FromSeconds(1.5), text.EndTime);
        Assert.Equal(["SpeechSampleRate"], (string[])text.AdditionalProperties![AnswerFacts.Dropped]!);
        Assert.Equal("up", text.AdditionalProperties[AnswerFacts.Provider]);
        Assert.Equal("/v1/audio/transcriptions", upstream.LastRequest.Path);
        var form = Encoding.Latin1.GetString(upstream.LastRequest.Body);
        Assert.Contains("name=\"model\"\r\n\r\nlistener\r\n", form, StringComparison.Ordinal);
        Assert.Contains("name=\"language\"\r\n\r\nen\r\n", form, StringComparison.Ordinal);
        Assert.Contains("name=\"temperature\"\r\n\r\n0.5\r\n", form, StringComparison.Ordinal);
        Assert.Contains("name=\"prompt\"\r\n\r\nnames: Ann\r\n\"x\"\r\n", form, StringComparison.Ordinal);
        Assert.Contains("name=\"file\"; filename=\"audio.wav\"\r\nContent-Type: audio/wav\r\n\r\nRIFF", form, StringComparison.Ordinal);
        Assert.DoesNotContain("name=\"stream\"", form, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("fLaC1234", "audio.flac", "audio/flac")]
    [InlineData("\0\0\0\u0018ftypM4A ", "audio.mp4", "audio/mp4")]
    [InlineData("1234", "audio.mp3", "audio/mpeg")]
    public async Task The_name_of_the_file_tells_its_type(string begins, string name, string type)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson("""{"text":"x"}""");

        await given.Engine.GetSpeechToTextClient("up", "listener").GetTextAsync(new MemoryStream(Encoding.Latin1.GetBytes(begins)));

        Assert.Contains($"filename=\"{name}\"\r\nContent-Type: {type}\r\n", upstream.LastRequest.Text, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("""{"type":"transcript.text.delta","delta":"PIECE"}""", """{"type":"transcript.text.done","text":"Hello there","usage":{"input_tokens":14,"output_tokens":3,"total_tokens":17}}""")]
    [InlineData("""{"choices":[{"index":0,"delta":{"content":"PIECE"}}]}""", """{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":14,"completion_tokens":3,"total_tokens":17}}""")]
    public async Task A_transcript_streams_in_the_events_of_either_kind(string piece, string end)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenStream(
            $"data: {piece.Replace("PIECE", "Hello", StringComparison.Ordinal)}\n\n",
            $"data: {piece.Replace("PIECE", " there", StringComparison.Ordinal)}\n\n",
            $"data: {end}\n\n",
            "data: [DONE]\n\n");
        using var client = new SwitchyardSpeechToTextClient(given.Engine, "up/listener");

        var updates = new List<SpeechToTextResponseUpdate>();
        await foreach (var update in client.GetStreamingTextAsync(new MemoryStream(s_wave)))
            updates.Add(update);

        Assert.Equal("up", updates[0].AdditionalProperties![AnswerFacts.Provider]);
        Assert.Equal(["Hello", " there", ""], updates.Select(update => update.Text));
        Assert.Equal(SpeechToTextResponseUpdateKind.SessionClose, updates[^1].Kind);
        var whole = updates.ToSpeechToTextResponse();
        Assert.Equal("Hello there", whole.Text);
        Assert.Equal((14, 3), (whole.Usage!.InputTokenCount, whole.Usage.OutputTokenCount));
        Assert.Contains("name=\"stream\"\r\n\r\ntrue\r\n", Encoding.Latin1.GetString(upstream.LastRequest.Body), StringComparison.Ordinal);
    }

    [Fact]
    public async Task A_stream_with_only_its_last_event_has_the_whole_text()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenStream(
            """data: {"type":"transcript.text.done","text":"Hello \ud83d","usage":{"input_tokens":14,"output_tokens":3}}""" + "\n\n");
        using var client = new SwitchyardSpeechToTextClient(given.Engine, "up/listener");

        var whole = await client.GetStreamingTextAsync(new MemoryStream(s_wave)).ToSpeechToTextResponseAsync();

        // Half an emoji, which no string can hold.
        Assert.Equal("Hello \uFFFD", whole.Text);
        Assert.Equal(14, whole.Usage!.InputTokenCount);
    }

    [Fact]
    public async Task A_list_is_a_field_of_the_form_for_each_item()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson("""{"text":"x"}""");
        using var client = new SwitchyardSpeechToTextClient(given.Engine, "up/listener");

        await client.GetTextAsync(new MemoryStream(s_wave), new SpeechToTextOptions
        {
            AdditionalProperties = new()
            {
                ["include"] = JsonElement.Parse("""["logprobs"]"""),
                ["timestamp_granularities[]"] = JsonElement.Parse("""["word","segment"]"""),
            },
        });

        var form = Encoding.Latin1.GetString(upstream.LastRequest.Body);
        Assert.Contains("name=\"include[]\"\r\n\r\nlogprobs\r\n", form, StringComparison.Ordinal);
        Assert.Contains("name=\"timestamp_granularities[]\"\r\n\r\nword\r\n", form, StringComparison.Ordinal);
        Assert.Contains("name=\"timestamp_granularities[]\"\r\n\r\nsegment\r\n", form, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("application/json", """{"text":"Hello there"}""", "Hello there")]
    [InlineData("text/plain", "1\n00:00 --> 00:01\nHello", "1\n00:00 --> 00:01\nHello")]
    public async Task A_provider_that_does_not_stream_sends_the_whole_text(string type, string body, string text)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenBytes(Encoding.UTF8.GetBytes(body), type);
        using var client = new SwitchyardSpeechToTextClient(given.Engine, "up/listener");

        var whole = await client.GetStreamingTextAsync(new MemoryStream(s_wave)).ToSpeechToTextResponseAsync();

        Assert.Equal(text, whole.Text);
        Assert.Equal(text, (await client.GetTextAsync(new MemoryStream(s_wave))).Text);
    }

    [Fact]
    public async Task A_stream_that_breaks_off_is_an_exception()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenStream("data: {\"type\":\"transcript.text.delta\",\"delta\":\"Hello\"}\n\n");
        using var client = new SwitchyardSpeechToTextClient(given.Engine, "up/listener");

        var failure = await Assert.ThrowsAsync<CallException>(
            () => client.GetStreamingTextAsync(new MemoryStream(s_wave)).ToSpeechToTextResponseAsync());

        Assert.Equal(CallErrorKind.StreamInterrupted, failure.Error.Kind);
    }

    [Theory]
    [InlineData("en", "/v1/audio/translations")]
    [InlineData("de", "/v1/audio/transcriptions")]
    [InlineData("fr", null)]
    public async Task A_text_in_another_language_is_a_translation_which_exists_for_english(string language, string? path)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson("""{"text":"x"}""");
        using var client = new SwitchyardSpeechToTextClient(given.Engine, "up/listener");
        var options = new SpeechToTextOptions { SpeechLanguage = "de", TextLanguage = language };

        if (path is null)
        {
            var refused = await Assert.ThrowsAsync<CallException>(() => client.GetTextAsync(new MemoryStream(s_wave), options));
            Assert.Equal("TextLanguage", refused.Error.Param);
            return;
        }

        await client.GetTextAsync(new MemoryStream(s_wave), options);
        Assert.Equal(path, upstream.LastRequest.Path);
    }

    [Theory]
    [InlineData("mp3", "mp3")]
    [InlineData("audio/mpeg", "mp3")]
    [InlineData("audio/x-wav", "wav")]
    [InlineData(null, null)]
    public async Task Text_becomes_speech_whole_and_in_pieces(string? format, string? sent)
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        byte[] audio = [0xFF, 0xFB, 0x90, 0, 1, 2, 3];
        upstream.ThenBytes(audio, "audio/mpeg");
        using var client = new SwitchyardTextToSpeechClient(given.Engine, "up/speaker");
        var options = new TextToSpeechOptions
        {
            VoiceId = "alloy",
            Speed = 1.5f,
            AudioFormat = format,
            Pitch = 2,
            AdditionalProperties = new() { ["instructions"] = "slowly" },
        };

        var whole = await client.GetAudioAsync("Hello", options);
        var pieces = await client.GetStreamingAudioAsync("Hello", options).ToTextToSpeechResponseAsync();

        var content = Assert.IsType<DataContent>(Assert.Single(whole.Contents));
        Assert.Equal("audio/mpeg", content.MediaType);
        Assert.Equal(audio, content.Data.ToArray());
        Assert.Equal(audio, pieces.Contents.OfType<DataContent>().SelectMany(piece => piece.Data.ToArray()));
        Assert.Equal(["Pitch"], (string[])whole.AdditionalProperties![AnswerFacts.Dropped]!);
        Assert.Equal("up", pieces.AdditionalProperties![AnswerFacts.Provider]);
        var field = sent is null ? "" : $"\"response_format\":\"{sent}\",";
        Assert.Equal(
            $$"""{"model":"speaker","input":"Hello","voice":"alloy",{{field}}"speed":1.5,"instructions":"slowly"}""", upstream.LastRequest.Text);
    }

    [Fact]
    public async Task A_refused_voice_and_a_cancelled_call_are_what_they_are_for_a_chat()
    {
        await using var upstream = await FakeUpstream.StartAsync();
        await using var given = Given.AnEngine(options => options.Providers["up"] = new() { BaseUrl = upstream.BaseUrl, Key = "k" });
        upstream.ThenJson("""{"error":{"message":"No voice.","type":"invalid_request_error","param":"voice"}}""", 400);
        using var client = new SwitchyardTextToSpeechClient(given.Engine, "up/speaker");

        var refused = await Assert.ThrowsAsync<CallException>(() => client.GetAudioAsync("Hello"));
        Assert.Equal((CallErrorKind.UpstreamRejected, "voice"), (refused.Error.Kind, refused.Error.Param));

        var asked = new TaskCompletionSource();
        upstream.Then(async http =>
        {
            asked.SetResult();
            await upstream.HangAsync(http);
        });
        using var stop = new CancellationTokenSource();
        var waiting = client.GetAudioAsync("Hello", null, stop.Token);
        await asked.Task.WaitAsync(TimeSpan.FromSeconds(30), TestContext.Current.CancellationToken);
        await stop.CancelAsync();
        var cancelled = await Assert.ThrowsAnyAsync<OperationCanceledException>(() => waiting);
        Assert.Equal(stop.Token, cancelled.CancellationToken);
        Assert.Equal("The call was cancelled by its caller.", cancelled.Message);
        await Assert.ThrowsAnyAsync<ArgumentException>(() => client.GetAudioAsync(""));
        await Assert.ThrowsAsync<ArgumentException>(() => client.GetAudioAsync("x", new TextToSpeechOptions { Speed = float.NaN }));
    }
}
