using System.Globalization;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;
using Switchyard.Gateway.Admin;
using Switchyard.Identity;

namespace Switchyard.Gateway.Admin.Description;

/// <summary>The OpenAPI document (3.1) of the admin API, built from the description of each route.</summary>
internal static partial class OpenApiDocument
{
    private const string Problem = "Problem";

    private const string Introduction =
        "Reads and changes a running Switchyard. Send an admin key as 'Authorization: Bearer KEY'; 'x-switchyard-role' names the role that "
        + "an operation needs. Lists come in pages: send the 'next' of a page as 'cursor' to get the next one, until it is null.";

    [GeneratedRegex(@"\{\**(?<name>\w+)[^}]*\}")]
    private static partial Regex PathPart { get; }

    /// <summary>Creates the document.</summary>
    /// <param name="version">The version of Switchyard.</param>
    /// <param name="routes">The routes.</param>
    public static JsonObject Create(string version, IEnumerable<AdminRoute> routes)
    {
        var schemas = new SchemaComponents();
        var paths = new JsonObject();
        foreach (var path in routes.GroupBy(route => PathOf(route.Pattern)).OrderBy(path => path.Key, StringComparer.Ordinal))
        {
            var operations = new JsonObject();
            foreach (var route in path)
                operations[route.Method.ToLowerInvariant()] = Describe(route, schemas);
            paths[path.Key] = operations;
        }

        var problem = schemas.Refer(AdminJson.Default.ProblemDetails);
        return new JsonObject
        {
            ["openapi"] = "3.1.1",
            ["info"] = new JsonObject { ["title"] = "Switchyard admin API", ["version"] = version, ["description"] = Introduction },
            ["servers"] = new JsonArray(new JsonObject { ["url"] = "/" }),
            ["security"] = new JsonArray(new JsonObject { ["bearer"] = new JsonArray() }),
            ["paths"] = paths,
            ["components"] = new JsonObject
            {
                ["schemas"] = schemas.ToJson(),
                ["securitySchemes"] = new JsonObject
                {
                    ["bearer"] = new JsonObject { ["type"] = "http", ["scheme"] = "bearer", ["description"] = "An admin key, or a token." },
                },
                ["responses"] = new JsonObject
                {
                    [Problem] = new JsonObject
                    {
                        ["description"] = "An error (RFC 9457): 'code' is for programs; 'detail' says what is wrong and what to do.",
                        ["content"] = Content("application/problem+json", problem, null),
                    },
                },
            },
        };
    }

    /// <summary>A route's path as the document writes it.</summary>
    public static string PathOf(string pattern) => PathPart.Replace(pattern, "{${name}}");

    private static JsonObject Describe(AdminRoute route, SchemaComponents schemas)
    {
        var operation = route.Operation;
        var node = new JsonObject
        {
            ["operationId"] = IdOf(route),
            ["summary"] = operation.Summary,
            ["tags"] = new JsonArray(TagOf(route.Pattern)),
            ["x-switchyard-role"] = AdminRoles.NameOf(operation.Role),
        };
        if (operation.Description is { } description)
            node["description"] = description;
        if (Parameters(route) is { Count: > 0 } parameters)
            node["parameters"] = parameters;
        if (operation.Body is { } body)
        {
            node["requestBody"] = new JsonObject
            {
                ["required"] = true,
                ["content"] = Content("application/json", schemas.Refer(body()), operation.Example),
            };
        }

        var answers = new JsonObject();
        if (operation.Answer is { } answer)
        {
            answers[operation.Creates ? "201" : "200"] = new JsonObject
            {
                ["description"] = operation.Creates ? "Created." : "The answer.",
                ["content"] = Content(operation.AnswerType, schemas.Refer(answer()), null),
            };
        }
        else
        {
            answers["204"] = new JsonObject { ["description"] = "Done." };
        }

        if (operation.IsVersioned)
            answers["412"] = Refused();
        answers["default"] = Refused();
        node["responses"] = answers;
        if (operation.Role == AdminRole.Anyone)
            node["security"] = new JsonArray();
        return node;

        static JsonObject Refused() => new() { ["$ref"] = $"#/components/responses/{Problem}" };
    }

    private static JsonArray Parameters(AdminRoute route)
    {
        var parameters = new JsonArray();
        foreach (Match part in PathPart.Matches(route.Pattern))
            parameters.Add((JsonNode)Parameter(part.Groups["name"].Value, "path", "Write a slash in it as %2F.", isRequired: true));
        foreach (var (name, meaning) in route.Operation.Query)
            parameters.Add((JsonNode)Parameter(name, "query", meaning));
        if (route.Operation.IsList)
        {
            parameters.Add((JsonNode)Parameter("limit", "query", "The most entries: 1 to 1,000. Default: 100.", "integer"));
            parameters.Add((JsonNode)Parameter("cursor", "query", "The 'next' of the previous page."));
        }

        if (route.Operation.IsVersioned)
        {
            parameters.Add((JsonNode)Parameter(
                "If-Match", "header", "The version (ETag) to change; 412 if the current version is another."));
        }

        return parameters;
    }

    private static JsonObject Parameter(string name, string place, string meaning, string type = "string", bool isRequired = false) => new()
    {
        ["name"] = name,
        ["in"] = place,
        ["required"] = isRequired,
        ["description"] = meaning,
        ["schema"] = new JsonObject { ["type"] = type },
    };

    private static JsonObject Content(string type, JsonNode schema, string? example)
    {
        var content = new JsonObject { ["schema"] = schema };
        if (example is not null)
            content["example"] = JsonNode.Parse(example);
        return new JsonObject { [type] = content };
    }

    private static string TagOf(string pattern) =>
        pattern.Split('/', StringSplitOptions.RemoveEmptyEntries) is [_, var tag, ..] ? tag : "admin";

    /// <summary>The operation id, which client generators use as a method's name: <c>putLimitsName</c>.</summary>
    private static string IdOf(AdminRoute route) => string.Concat(
    [
        route.Method.ToLowerInvariant(),
        .. route.Pattern.Split(['/', '{', '}', '-', '.', '_', '*'], StringSplitOptions.RemoveEmptyEntries).Skip(1).DefaultIfEmpty("index")
            .Select(word => char.ToUpper(word[0], CultureInfo.InvariantCulture) + word[1..]),
    ]);
}
