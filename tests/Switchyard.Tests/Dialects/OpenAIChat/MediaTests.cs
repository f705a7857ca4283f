using System.Text;
using Switchyard.Calls;
using Switchyard.Canonical;
using Switchyard.Dialects;
using Switchyard.Dialects.Framing;
using Switchyard.Targets;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Tests.Dialects.OpenAIChat;

/// <summary>Images and audio: only forwarded, so only the envelope, the edits and the probe are tested.</summary>
public sealed class MediaTests
{
    [Theory]
    [InlineData(CallOperation.ImageGeneration, """{"model":"m","n":2}""", "prompt")]
    [InlineData(CallOperation.Speech, """{"model":"m","voice":"alloy"}""", "input")]
    [InlineData(CallOperation.ImageGeneration, """{"prompt":"a cat"}""", "model")]
    [InlineData(CallOperation.Transcription, "{}", "model")]
    public void What_an_operation_cannot_do_without_is_named(CallOperation operation, string body, string param) =>
        Assert.Equal(param, Assert.Throws<CallException>(() => Codec.Envelope(body, operation)).Error.Param);

    [Fact]
    public void The_fields_a_provider_refuses_of_chats_are_its_own_affair_here() => Assert.Equal(
        """{"model":"upstream-model","prompt":"a cat","n":2,"user":"u","stream":true}""",
        Codec.Forward(
            """{"model":"m","prompt":"a cat","n":2,"user":"u","stream":true}""",
            Codec.With(new ProviderQuirks { UnsupportedParams = ["n", "user"], StreamOptions = false }), CallOperation.ImageGeneration));

    [Theory]
    [InlineData("true", true)]
    [InlineData("True", true)]
    [InlineData("1", true)]
    [InlineData("false", false)]
    [InlineData("", false)]
    public void A_form_has_the_envelope_of_its_fields(string stream, bool expected)
    {
        var envelope = Form(("model", "up/whisper-1"), ("language", "de"), ("stream", stream), ("user", "u"));
        Assert.Equal(("up/whisper-1", expected, "u"), (envelope.Model, envelope.Stream, envelope.EndUser));
    }

    [Fact]
    public void A_form_without_what_is_needed_is_named()
    {
        Assert.Equal("model", Assert.Throws<CallException>(() => Form(("stream", "true"))).Error.Param);
        Assert.Equal("model", Assert.Throws<CallException>(() => Form(("model", " "))).Error.Param);
        Assert.Equal("stream", Assert.Throws<CallException>(() => Form(("model", "m"), ("stream", "maybe"))).Error.Param);
    }

    [Theory]
    [InlineData("image_generation.completed", """{"type":"image_generation.completed","b64_json":"QUJD","usage":{"input_tokens":5,"output_tokens":7,"total_tokens":12,"input_tokens_details":{"text_tokens":5,"image_tokens":0}}}""", 5, 7, null)]
    [InlineData("", """{"type":"transcript.text.done","text":"hi","usage":{"type":"tokens","input_tokens":14,"input_token_details":{"text_tokens":0,"audio_tokens":14},"output_tokens":45,"total_tokens":59}}""", 14, 45, 14)]
    [InlineData("", """{"type":"speech.audio.done","usage":{"input_tokens":14,"output_tokens":101,"total_tokens":115}}""", 14, 101, null)]
    public void The_event_that_ends_a_stream_says_so_and_carries_the_usage(string name, string data, int input, int output, int? audio)
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.ImageGeneration);
        Assert.Equal(FrameKind.Content, Observe(probe, "", """{"type":"image_generation.partial_image","b64_json":"QUJD"}"""));
        Assert.False(probe.SawEnd);
        Assert.Equal(FrameKind.Content, Observe(probe, name, data));
        Assert.True(probe.SawEnd);
        Assert.Equal((input, output, audio), (probe.Usage.Input, probe.Usage.Output, probe.Usage.InputAudio));
    }

    [Fact]
    public void A_stream_of_chat_chunks_is_a_transcript_as_well()
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.Transcription);
        Assert.Equal(
            FrameKind.Content,
            Observe(probe, "", """{"object":"transcription.chunk","choices":[{"delta":{"content":"hi"},"finish_reason":null}]}"""));
        Assert.False(probe.SawEnd);
        Assert.Equal(FrameKind.Terminator, Observe(probe, "", "[DONE]"));
        Assert.True(probe.SawEnd);
    }

    [Theory]
    [InlineData("error", """{"type":"error","error":{"type":"image_generation_user_error","code":"moderation_blocked","message":"No."}}""")]
    [InlineData("", """{"error":{"message":"No.","type":"image_generation_user_error","code":"moderation_blocked"}}""")]
    public void An_error_event_is_an_error(string name, string data)
    {
        var probe = Codec.Dialect.CreateProbe(CallOperation.ImageGeneration);
        Assert.Equal(FrameKind.Error, Observe(probe, name, data));
        Assert.Equal("No.", probe.Error!.Message);
    }

    [Fact]
    public void A_duration_is_no_token()
    {
        Assert.SkipUnless(Cassettes.Available, Cassettes.Missing);
        var probe = Codec.Dialect.CreateProbe(CallOperation.Transcription);
        Assert.True(probe.ObserveBody(Cassettes.Read("openai").Single(exchange => exchange.Feature == "audio-transcription").Answer));
        Assert.True(probe.Usage.IsEmpty);
    }

    [Fact]
    public void A_recorded_image_request_is_forwarded_with_its_model_replaced()
    {
        Assert.SkipUnless(Cassettes.Available, Cassettes.Missing);
        var recorded = Cassettes.Read("openai").Single(exchange => exchange.Feature == "images-generate");
        var text = Encoding.UTF8.GetString(recorded.Request);
        Assert.Equal(
            text.Replace("gpt-image-1-mini", "upstream-model", StringComparison.Ordinal),
            Codec.Forward(text, operation: CallOperation.ImageGeneration));
        Assert.True(Codec.Dialect.CreateProbe(CallOperation.ImageGeneration).ObserveBody(recorded.Answer));
    }

    [Fact]
    public void A_recorded_moderation_is_forwarded_as_it_is()
    {
        Assert.SkipUnless(Cassettes.Available, Cassettes.Missing);
        var recorded = Cassettes.Read("openai").Single(exchange => exchange.Feature == "moderation");
        var text = Encoding.UTF8.GetString(recorded.Request);
        Assert.Equal(text, Codec.Forward(text, Codec.Target with { Model = "omni-moderation-latest" }, CallOperation.Moderation));
        Assert.True(Codec.Dialect.CreateProbe(CallOperation.Moderation).ObserveBody(recorded.Answer));
    }

    private static CallEnvelope Form(params (string Name, string Value)[] fields) => ((IIngressDialect)Codec.Dialect).ReadFormEnvelope(
        new IngressRequest(CallOperation.Transcription), [.. fields.Select(field => KeyValuePair.Create(field.Name, field.Value))]);

    private static FrameKind Observe(IAnswerProbe probe, string name, string data) =>
        probe.Observe(new StreamFrame(Encoding.UTF8.GetBytes(name), Encoding.UTF8.GetBytes(data)));
}
