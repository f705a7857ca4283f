using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http;
using Microsoft.AspNetCore.Routing;

namespace Switchyard.Gateway.Admin;

/// <summary>Adds paths below <c>/admin</c>, each behind the admin key.</summary>
internal sealed class AdminRoutes(IEndpointRouteBuilder endpoints, AdminGate gate)
{
    private readonly List<string> _paths = [];

    /// <summary>The paths so far, each with its method: <c>GET /admin/keys</c>.</summary>
    public IReadOnlyList<string> Paths => _paths;

    /// <summary>Answers GET and HEAD.</summary>
    public void Get(string pattern, Func<AdminCall, Task> answer) => Map(HttpMethods.Get, pattern, answer, HttpMethods.Head);

    /// <summary>Answers POST.</summary>
    public void Post(string pattern, Func<AdminCall, Task> answer) => Map(HttpMethods.Post, pattern, answer);

    /// <summary>Answers PUT.</summary>
    public void Put(string pattern, Func<AdminCall, Task> answer) => Map(HttpMethods.Put, pattern, answer);

    /// <summary>Answers PATCH.</summary>
    public void Patch(string pattern, Func<AdminCall, Task> answer) => Map(HttpMethods.Patch, pattern, answer);

    /// <summary>Answers DELETE.</summary>
    public void Delete(string pattern, Func<AdminCall, Task> answer) => Map(HttpMethods.Delete, pattern, answer);

    private void Map(string method, string pattern, Func<AdminCall, Task> answer, params string[] also)
    {
        _paths.Add($"{method} {pattern}");
        endpoints.MapMethods(pattern, [method, .. also], http => gate.AnswerAsync(http, answer));
    }
}
