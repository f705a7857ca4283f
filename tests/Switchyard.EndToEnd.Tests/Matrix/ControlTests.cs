using System.Text.Json.Nodes;
using Switchyard.Canonical;
using Switchyard.EndToEnd.Tests.Sdks;
using Switchyard.EndToEnd.Tests.Upstream;
using Xunit;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>
/// The control of the experiment: clients call the scripted API of their own vendor directly, without a gateway. A failure
/// here is a fault of a script or a question, not of the gateway.
/// </summary>
public sealed class ControlTests
{
    [Fact]
    public Task The_Anthropic_client_accepts_the_scripted_Anthropic() =>
        CheckAsync("anthropic", DialectId.AnthropicMessages, new ScriptedAnthropic());

    [Fact]
    public Task The_Gemini_client_accepts_the_scripted_Gemini() => CheckAsync("genai", DialectId.Gemini, new ScriptedGemini());

    private static async Task CheckAsync(string client, DialectId dialect, ScriptedApi script)
    {
        NodeProcess.SkipUnlessInstalled();
        await using var upstream = await script.StartAsync();
        var models = new JsonObject { [script.Dialect] = new JsonObject { ["model"] = script.Model, ["stem"] = script.Model } };

        var outcomes = (await MatrixRun.RunNodeAsync(client, new Uri(upstream.Address), models, ScriptedApi.Key))[script.Dialect];

        foreach (var (verb, outcome) in outcomes)
        {
            if (verb.StartsWith("error_", StringComparison.Ordinal))
                Assert.Equal(
                    verb == "error_stream" ? 429 : int.Parse(verb.AsSpan(6), System.Globalization.CultureInfo.InvariantCulture),
                    outcome.Status);
            else
                Expectations.Check((client + "-node", dialect), script.Dialect, verb, outcome);
        }
    }
}
