using Switchyard.Calls;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Sdks;

/// <summary>Azure OpenAI's client, unmodified: it names the model in the path and sends its key in a special header.</summary>
public sealed class AzureNodeTests
{
    [Theory]
    [InlineData(EgressMode.Forward)]
    [InlineData(EgressMode.Translate)]
    public async Task It_works_with_the_gateway_as_its_endpoint(EgressMode mode)
    {
        NodeProcess.SkipUnlessInstalled();
        await using var setup = await GatewayUnderTest.StartAsync(mode);

        var outcome = await NodeProcess.RunAsync("azure.mjs", setup.BaseUrl.AbsoluteUri);

        foreach (var name in (string[])["chat", "stream", "deployment"])
            Assert.Equal("You said: Grüße", Value(name));
        Assert.Equal("3", Value("embeddings"));
        Assert.Equal("True", Value("models"));
        if (mode == EgressMode.Forward)
            Assert.Equal("whisper-script heard a.wav of 1000 bytes in de", Value("transcription"));
        var unknown = outcome.GetProperty("unknown_model");
        Assert.Equal(("NotFoundError", 404), (unknown.GetProperty("error").GetString(), unknown.GetProperty("status").GetInt32()));

        string Value(string name)
        {
            Assert.True(outcome.GetProperty(name).TryGetProperty("value", out var value), $"{name}: {outcome.GetProperty(name)}");
            return value.ToString();
        }
    }
}
