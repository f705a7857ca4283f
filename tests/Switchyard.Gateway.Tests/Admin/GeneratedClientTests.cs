using System.Globalization;
using System.Net;
using System.Reflection;
using System.Runtime.Loader;
using System.Text.Json;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.Extensions.DependencyInjection;
using NJsonSchema.CodeGeneration.CSharp;
using NSwag;
using NSwag.CodeGeneration.CSharp;
using NSwag.CodeGeneration.OperationNameGenerators;
using Switchyard.Identity;
using Switchyard.TestKit;
using Xunit;

namespace Switchyard.Gateway.Tests.Admin;

/// <summary>A client that a third-party generator creates from the OpenAPI document calls each operation of the admin API.</summary>
public sealed class GeneratedClientTests
{
    private const string Key = "an-admin-key-of-some-length";

    /// <summary>Created before it is read, changed before it is deleted.</summary>
    private static readonly string[] s_order = ["post", "put", "patch", "get", "delete"];

    [Fact]
    public async Task A_client_generated_from_the_document_calls_each_operation()
    {
        await using var gateway = await StartAsync();
        gateway.Http.DefaultRequestHeaders.Authorization = new("Bearer", Key);
        var text = await gateway.Http.GetStringAsync("/admin/openapi.json", TestContext.Current.CancellationToken);
        var document = await OpenApiDocument.FromJsonAsync(text, TestContext.Current.CancellationToken);
        var generated = Compile(Generate(document)).GetType("Generated.AdminClient", throwOnError: true)!;
        var client = Activator.CreateInstance(generated, gateway.Http)!;
        var wrong = new List<string>();
        var called = 0;

        foreach (var operation in document.Operations.OrderBy(operation => Array.IndexOf(s_order, operation.Method)))
        {
            var name = operation.Operation.OperationId;
            var method = client.GetType().GetMethods().Single(method =>
                method.Name.Equals($"{name}Async", StringComparison.OrdinalIgnoreCase)
                && method.GetParameters() is [.., { ParameterType: var last }] && last == typeof(CancellationToken));
            called++;
            if (await CallAsync(client, method, operation) is { } problem)
                wrong.Add($"{operation.Method} {operation.Path}: {problem}");
        }

        Assert.True(wrong.Count == 0, string.Join("\n", wrong));
        Assert.True(called > 40, $"The document has {called} operations only.");
    }

    private static Task<GatewayHost> StartAsync() => GatewayHost.StartAsync(
        options =>
        {
            options.Providers["mock"] = new();
            options.Admin.Key = Key;
            options.Cache = new();
        },
        builder => builder.Services.AddSingleton<IKeyStore>(new FakeKeyStore()));

    private static string Generate(OpenApiDocument document) => new CSharpClientGenerator(document, new CSharpClientGeneratorSettings
    {
        ClassName = "AdminClient",
        UseBaseUrl = false,
        OperationNameGenerator = new SingleClientFromOperationIdOperationNameGenerator(),
        CSharpGeneratorSettings =
        {
            Namespace = "Generated",
            JsonLibrary = CSharpJsonLibrary.SystemTextJson,
            // Unset members are omitted, not sent as 0.
            GenerateOptionalPropertiesAsNullable = true,
        },
    }).GenerateFile();

    private static Assembly Compile(string code)
    {
        var references = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(Path.PathSeparator)
            .Select(path => MetadataReference.CreateFromFile(path));
        var compilation = CSharpCompilation.Create(
            "Generated", [CSharpSyntaxTree.ParseText(code)], references, new(OutputKind.DynamicallyLinkedLibrary));
        using var image = new MemoryStream();
        var result = compilation.Emit(image);
        Assert.True(
            result.Success,
            string.Join("\n", result.Diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).Take(10)));
        image.Position = 0;
        return new AssemblyLoadContext("generated client", isCollectible: true).LoadFromStream(image);
    }

    /// <summary>Calls a method with the values of the document; null if the answer is as documented.</summary>
    private static async Task<string?> CallAsync(object client, MethodInfo method, OpenApiOperationDescription operation)
    {
        var arguments = method.GetParameters().Select(parameter => ArgumentOf(parameter, operation)).ToArray();
        try
        {
            await (Task)method.Invoke(client, arguments)!;
            return null;
        }
        catch (Exception e) when (e.GetType().Name.StartsWith("ApiException", StringComparison.Ordinal))
        {
            var status = (int)e.GetType().GetProperty("StatusCode")!.GetValue(e)!;
            // A page or a file: a valid answer, but this generator's clients read only JSON.
            if (status == 200 && operation.Operation.Responses["200"].Content.Keys.All(type => type != "application/json"))
                return null;
            // The item of an example may not exist, and this host has no ledger; but the refusal is as documented.
            var problem = e.GetType().GetProperty("Result")?.GetValue(e);
            var code = problem?.GetType().GetProperty("Code")?.GetValue(problem) as string;
            var detail = problem?.GetType().GetProperty("Detail")?.GetValue(problem) ?? e.InnerException?.Message;
            return code is not (null or "unknown_url")
                && (HttpStatusCode)status is HttpStatusCode.NotFound or HttpStatusCode.Conflict or HttpStatusCode.ServiceUnavailable
                    ? null
                    : string.Create(CultureInfo.InvariantCulture, $"{status} {code}: {detail}");
        }
    }

    private static object? ArgumentOf(ParameterInfo parameter, OpenApiOperationDescription operation)
    {
        if (parameter.ParameterType == typeof(CancellationToken))
            return TestContext.Current.CancellationToken;
        if (operation.Operation.RequestBody?.Name == parameter.Name || parameter.Name == "body")
        {
            var content = operation.Operation.RequestBody!.Content["application/json"];
            return JsonSerializer.Deserialize(Newtonsoft.Json.JsonConvert.SerializeObject(content.Example), parameter.ParameterType);
        }

        // The item that an example creates; a limit belongs to a provider.
        var described = operation.Operation.Parameters.Single(each => each.Name.Replace("-", "_", StringComparison.Ordinal)
            .Equals(parameter.Name, StringComparison.OrdinalIgnoreCase));
        return described.Kind != OpenApiParameterKind.Path ? null
            : operation.Path.Contains("/keys/", StringComparison.Ordinal) ? "ci"
            : operation.Path.Contains("/tenants/", StringComparison.Ordinal) ? "acme"
            : "mock";
    }
}
