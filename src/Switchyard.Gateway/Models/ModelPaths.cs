using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;
using Microsoft.Extensions.DependencyInjection;
using Switchyard.Canonical;
using Switchyard.Gateway.Ingress;

namespace Switchyard.Gateway.Models;

/// <summary>The path table of the lists of models and of capabilities. The prefixes are those of calls, one for each SDK.</summary>
internal static class ModelPaths
{
    private const string Capabilities = "/v1/capabilities";

    private const string Versioned = "/v1/models", Beta = "/v1beta/models";

    /// <summary>The path of each list, and the dialect of its answer; null if a header of the request chooses it.</summary>
    private static readonly (string Prefix, string Path, DialectId? Shape)[] s_lists =
    [
        ("", Versioned, null),
        ("/openai", Versioned, DialectId.OpenAIChat),
        // Azure OpenAI's clients.
        ("/openai", "/models", DialectId.OpenAIChat),
        ("/anthropic", Versioned, DialectId.AnthropicMessages),
        ("", Beta, DialectId.Gemini),
        ("/genai", Beta, DialectId.Gemini),
    ];

    /// <summary>Maps the lists.</summary>
    /// <param name="endpoints">The endpoints.</param>
    /// <param name="refuse">Answers a request that would read a method of a model, which can only be called.</param>
    public static void Map(IEndpointRouteBuilder endpoints, RequestDelegate refuse)
    {
        var models = endpoints.ServiceProvider.GetRequiredService<ModelsEndpoint>();
        foreach (var (prefix, path, shape) in s_lists)
        {
            endpoints.MapMethods(prefix + path, IngressEndpoints.Reads, http => models.ListAsync(http, shape));
            endpoints.MapMethods(prefix + path + "/{**id}", IngressEndpoints.Reads, http => models.GetAsync(http, shape));
            // More specific than the pattern above: `model:generateContent` is not the name of a model.
            if (path is Versioned or Beta && IngressEndpoints.PrefixesOf(DialectId.Gemini).Contains(prefix))
                endpoints.MapMethods(prefix + path + ModelMethodPath.NamedPattern, IngressEndpoints.Reads, refuse);
        }

        var capabilities = endpoints.ServiceProvider.GetRequiredService<CapabilitiesEndpoint>();
        endpoints.MapMethods(Capabilities, IngressEndpoints.Reads, capabilities.AnswerAsync);
    }

    /// <summary>Whether a path is one of a list, or of one entry of it.</summary>
    public static bool IsList(string path) => path == Capabilities || s_lists.Any(list => IsBelow(path, list.Prefix + list.Path));

    private static bool IsBelow(string path, string list) =>
        path.StartsWith(list, StringComparison.Ordinal) && (path.Length == list.Length || path[list.Length] == '/');
}
