using System.IO.Pipelines;
using Microsoft.AspNetCore.Builder;
using Microsoft.AspNetCore.Http.Features;

namespace Switchyard.TestKit;

/// <summary>A response body whose first write fails, before anything is sent.</summary>
public sealed class UnwritableOnce : IHttpResponseBodyFeature
{
    private readonly IHttpResponseBodyFeature _body;
    private bool _hasFailed;

    private UnwritableOnce(IHttpResponseBodyFeature body) => _body = body;

    /// <inheritdoc/>
    public Stream Stream => _body.Stream;

    /// <inheritdoc/>
    public PipeWriter Writer
    {
        get
        {
            if (_hasFailed)
                return _body.Writer;
            _hasFailed = true;
            throw new InvalidOperationException("It cannot be written.");
        }
    }

    /// <summary>Uses such a body for each answer of an application.</summary>
    public static void Use(IApplicationBuilder app) => app.Use((http, next) =>
    {
        http.Features.Set<IHttpResponseBodyFeature>(new UnwritableOnce(http.Features.GetRequiredFeature<IHttpResponseBodyFeature>()));
        return next(http);
    });

    /// <inheritdoc/>
    public void DisableBuffering() => _body.DisableBuffering();

    /// <inheritdoc/>
    public Task StartAsync(CancellationToken cancellationToken = default) => _body.StartAsync(cancellationToken);

    /// <inheritdoc/>
    public Task SendFileAsync(string path, long offset, long? count, CancellationToken cancellationToken = default) =>
        _body.SendFileAsync(path, offset, count, cancellationToken);

    /// <inheritdoc/>
    public Task CompleteAsync() => _body.CompleteAsync();
}
