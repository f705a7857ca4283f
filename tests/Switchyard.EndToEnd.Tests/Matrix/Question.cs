using System.Text.Json;

namespace Switchyard.EndToEnd.Tests.Matrix;

/// <summary>The questions of every .NET client; <c>clients/questions.mjs</c> has the same for JavaScript clients.</summary>
internal static class Question
{
    public const string Hello = "Grüße, 世界 👋";

    public const string Pixels = "iVBORwECAw==";

    public static readonly JsonElement Place = JsonElement.Parse(
        """{"type":"object","properties":{"city":{"type":"string"},"days":{"type":"integer"}},"required":["city","days"],"additionalProperties":false}""");

    /// <summary>The result of a call: it names the function, so that a result bound to the wrong call is noticed.</summary>
    public static string ResultOf(string name) => name + " is done";
}

/// <summary>The target of a client: the gateway, and the names of the models.</summary>
/// <param name="Address">The gateway.</param>
/// <param name="Model">The model that answers.</param>
/// <param name="Stem">The prefix of the failing and hanging models' names.</param>
internal sealed record Aim(Uri Address, string Model, string Stem)
{
    public string Failing(int status) => $"{Stem}-error-{status}";

    public string Hanging(string client) => $"{Stem}-hang-{client}";
}
