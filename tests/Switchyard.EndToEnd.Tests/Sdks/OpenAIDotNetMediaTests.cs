using System.ClientModel;
using System.ClientModel.Primitives;
using System.Text;
using OpenAI;
using OpenAI.Audio;
using OpenAI.Images;
using Switchyard.Calls;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Sdks;

/// <summary>OpenAI's own .NET client: images, speech and transcription.</summary>
public sealed class OpenAIDotNetMediaTests
{
    [Fact]
    public async Task It_generates_images()
    {
        await using var setup = await GatewayUnderTest.StartAsync(EgressMode.Forward);

        GeneratedImage image = await Client(setup).GetImageClient("openai/gpt-image-script").GenerateImageAsync("a cat");

        Assert.Equal("a cat 0", image.ImageBytes.ToString());
    }

    [Fact]
    public async Task It_speaks()
    {
        await using var setup = await GatewayUnderTest.StartAsync(EgressMode.Forward);

        BinaryData speech = await Client(setup).GetAudioClient("openai/tts-script")
            .GenerateSpeechAsync("Grüße", GeneratedSpeechVoice.Alloy);

        Assert.Equal("alloy says Grüße", Encoding.UTF8.GetString(speech));
    }

    [Fact]
    public async Task It_uploads_a_recording_and_gets_its_words()
    {
        await using var setup = await GatewayUnderTest.StartAsync(EgressMode.Forward);
        using var recording = new MemoryStream(new byte[1_500_000]);

        AudioTranscription answer = await Client(setup).GetAudioClient("openai/whisper-script")
            .TranscribeAudioAsync(recording, "speech.wav", new AudioTranscriptionOptions { Language = "de" });

        Assert.Equal("whisper-script heard speech.wav of 1500000 bytes in de", answer.Text);
    }

    private static OpenAIClient Client(GatewayUnderTest setup) => new(
        new ApiKeyCredential("any"), new OpenAIClientOptions { Endpoint = setup.BaseUrl, RetryPolicy = new ClientRetryPolicy(0) });
}
